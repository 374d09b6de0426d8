"""What every test shares: caches go to a temporary folder, never to the user's."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Set SPG_CACHE for the whole run, so that tests share what they build and leave nothing behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty folder in place of spg/weights, to ship to."""
    from spg.engine import shipped

    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "REGISTRY", tmp_path / "registry.json")
    return tmp_path

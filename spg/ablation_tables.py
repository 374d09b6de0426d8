"""The tables of an ablation's summary (`spg.ablations.summary`) as markdown."""

from spg.engine.markdown import number, signed, table
from spg.views import COLUMNS, LAYOUT_COLUMNS

WAYS = {"true": "true layout at the test", "predicted": "SP-Net's layout at the test"}
PARTS = (*WAYS, "layouts")
SHOWN = ("l1", "psnr", "ssim", "lpips", "boundary_lpips", "sharpness")


def ablations(result, parts=PARTS):
    """One table a way of testing: each row's mean ± sd over seeds, and its difference to the base.

    parts: those of PARTS to show.
    """
    tables = [_pictures(result["rows"], way, title) for way, title in WAYS.items() if way in parts]
    tables.append(_layouts(result["rows"]) if "layouts" in parts else "")
    return "\n".join(text for text in tables if text) + "\n" + budget(result)


def budget(result):
    """A line: what each row was trained for."""
    its = result["profile"]
    seeds = max(len(row["seeds"]) for row in result["rows"].values())
    return (
        f"Profile {its['name']}, {sum(its['pictures']):,} pictures a training at {its['sizes'][-1]} px, width "
        f"{its['width']}; at most {seeds} seeds. Mean ± sd over seeds; in brackets, the 95 % interval over pictures of "
        "the difference to the base. **Bold**: worse than the base; the interval does not contain 0 and every seed has "
        "that sign. *Italic*: better. With SP-Net's layout, a base is compared with itself given the true one.\n"
    )


def verdict(entry, key, direction):
    """`better`, `worse` or `undecided`: what one way of testing a row says of it against its base; None: nothing.

    Decided is what holds for other pictures (the interval excludes 0) and in every training (each seed's difference
    has the same sign) [our decision: an interval over pictures knows nothing of another training]. direction: 1 where
    more is better, -1 where less is, 0 where neither is.
    """
    found = entry["difference"].get(key)
    if not found or not direction:
        return None
    value, low, high = found
    agree = all(seed * value > 0 for seed in entry["by_seed"][key])
    if low <= 0 <= high or not agree:
        return "undecided"
    return "better" if value * direction > 0 else "worse"


def _pictures(rows, way, title):
    body = [[name, row["question"], *_cells(row[way], SHOWN, COLUMNS)] for name, row in rows.items() if way in row]
    return table([[title, "what differs", *(COLUMNS[key][0] for key in SHOWN)], *body]) if body else ""


def _layouts(rows):
    body = [[n, row["question"], *_cells(row["layout"], LAYOUT_COLUMNS, LAYOUT_COLUMNS)] for n, row in rows.items()
            if "layout" in row]  # fmt: skip
    return table([["layout", "what differs", *(c[0] for c in LAYOUT_COLUMNS.values())], *body]) if body else ""


def _cells(entry, keys, columns):
    return [_cell(entry, key, *columns[key][1:]) for key in keys]


def _cell(entry, key, decimals, direction):
    mean, sd, difference = (entry[part].get(key) for part in ("mean", "sd", "difference"))
    text = number(mean, decimals) + (f" ± {number(sd, decimals)}" if sd is not None else "")
    if not difference:
        return text
    value, low, high = difference
    mark = {"worse": "**", "better": "*"}.get(verdict(entry, key, direction), "")
    change = f"{signed(value, decimals)} [{signed(low, decimals)}, {signed(high, decimals)}]"
    return f"{text} ({mark}{change}{mark})"

"""What the editor says when it does not do a thing."""


class Refused(ValueError):
    """An edit that cannot be done here; nothing was changed. Its text is shown in the editor's status line."""

"""Which nets make up which method: the one table that loading, evaluating and shipping read."""

# method → (SP-Net that predicts the layout, or None; the net that paints). An oracle is told the true layout,
# and the others without an SP-Net look at no labels at all.
METHODS = {
    "glcic": (None, "glcic"),
    "gfc": (None, "gfc"),
    "noseg": (None, "sgnet-noseg"),
    "spg": ("spnet", "sgnet"),
    "spg-oracle": (None, "sgnet"),
    "noseg-plus": (None, "sgnet-plus-noseg"),
    "spg-plus": ("spnet-plus", "sgnet-plus"),
    "spg-plus-oracle": (None, "sgnet-plus"),
}
DESIGNS = {name: METHODS[name] for name in ("spg-plus", "spg")}  # what `load` can choose from, the better one first
SPNETS = ("spnet", "spnet-plus")
PAINTERS = tuple(dict.fromkeys(painter for _, painter in METHODS.values()))
SPNET_OF = {painter: spnet for spnet, painter in DESIGNS.values()}  # SG-Net → the SP-Net it works with


def models(method):
    """The models a method of the table needs, SP-Net first."""
    return [model for model in METHODS[method] if model]

"""The paper's Table 1: Cityscapes at 256×256, one random hole a picture, the whole composited picture measured.

Song et al. 2018, Table 1 [PAPER.md, "Table 1, and its units"]; the units of l1 and l2 are inferred, see `spg.units`.
"""

SETTING = {"data": "cityscapes", "size": 256, "holes": "paper"}
METRICS = ("l1", "l2", "ssim", "psnr")

# our name of the method → the paper's name, and its figures
ROWS = {
    "patchmatch": ("PatchMatch", {"l1": 641.3, "l2": 169.3, "ssim": 0.9419, "psnr": 30.34}),
    "glcic": ("GL", {"l1": 598.0, "l2": 94.78, "ssim": 0.9576, "psnr": 33.57}),
    "spg": ("SPG-Net", {"l1": 392.4, "l2": 98.95, "ssim": 0.9591, "psnr": 34.26}),
}


def comparable(result):
    """Whether a result of `spg evaluate` was measured in Table 1's setting."""
    return all(result.get(key) == value for key, value in SETTING.items())

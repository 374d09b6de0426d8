"""A study of which filling people find more realistic: draw the pairs, take the votes, say what they support.

A study of one's own: `making`, in its `folder`; the votes: `ballot` takes them, `votes` keeps them; what they say:
`statistics`, `analysis`, `report`. `paper` reads the paper's study again. `observer` lets a model, or simulated raters,
take the raters' place. Nothing here imports torch until pictures are filled or measured.
"""

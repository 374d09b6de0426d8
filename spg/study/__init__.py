"""A study of which filling people find more realistic: draw the pairs, take the votes, say what they support.

Statistics: `binomial`, `clusters`, `bradley_terry`, `simulation`, `paper`. A study of one's own: `drawing`, `folder`,
`making`, `protocol`; the votes: `votes`, `session`, `widget`, `serving`; what they say: `analysis`, `report`, `forest`.
`observer` lets a model take the raters' place. Nothing here imports torch until pictures are filled or measured.
"""

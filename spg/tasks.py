"""What each model is trained on: its nets, what goes in, what the discriminators see, and its loss terms.

The trainer (`spg.training`) knows none of this; it plays generator against discriminators. The list of all models is
in `spg.models`.
"""

import torch

from spg import losses, perceptual
from spg.discriminators import MultiScaleDiscriminator, SegmentingDiscriminator
from spg.engine import checkpoints
from spg.engine.checkpoints import inherit, restore
from spg.generators import DILATIONS, SGNet, SPNet, complete
from spg.generators_plus import SGNetPlus, SPNetPlus
from spg.labels import STREET, recorded, refuse_other_set
from spg.profiles import COURSE, MACHINE, at, from_dict
from spg.segmenter import Segmenter

PATCHES = ("discriminator_width", "conditional", "scales", "local", "masked", "adv", "feature", "discriminate_from")


class Task:
    """A model's nets, inputs and losses. Subclasses say more; these are the defaults the paper's two nets keep.

    reads: the profile's keys that have an effect on this model.
    phases: shares of all pictures. Before the first only the generator learns, without discriminators; between the
    two only they do; after the second both. None: (discriminate_from, discriminate_from) of the profile.
    adversarial: the form of the adversarial loss. weights: of "adv" and "feature", where a model has its own; None:
    the profile's.
    data, classes: name of the data set and its class set, set by the trainer before anything is built.
    labelled: whether the net reads or writes label maps, and so knows its own class set alone.
    begins_as: the model, of the same layers with fewer inputs, that a training may start with; None: there is none.
    """

    phases = weights = data = begins_as = None
    classes, labelled = STREET, True
    adversarial, betas = "least-squares", (0.5, 0.999)
    masked = conditional = True
    local = coloured = False

    @property
    def reads(self):
        return COURSE | MACHINE

    def discriminator(self, profile):
        """The module that tells real from painted; None: there is none."""
        return None

    def prepare(self, profile, device):
        """Load what the losses need."""
        self.masked, self.conditional, self.local = profile.masked, profile.conditional, profile.local
        self.weights = self.weights or {"adv": profile.adv, "feature": profile.feature}

    def prepare_batch(self, batch):
        """The batch as this model is to see it."""
        return batch

    def composited(self, known, painted, hole):
        """What the losses see of a result: the completed picture or map, or (masked=False) all that was painted."""
        return complete(known, painted, hole) if self.masked else painted

    def loss_mask(self, hole):
        """Where the losses look: into the hole, or (masked=False) everywhere."""
        return hole if self.masked else torch.ones_like(hole)

    def score_mask(self, hole):
        """The pixels that D's scores must see to count: the hole (local=True), or None, and all of them count."""
        return hole if self.local else None

    def conditioned(self, condition, candidate):
        """What D sees: the candidate with its condition, or (conditional=False) alone."""
        return torch.cat([*condition, candidate], 1) if self.conditional else candidate

    def discriminator_loss(self, real, fake, b):
        """What D minimises, from its outputs for both of `discriminator_inputs`."""
        return losses.discriminator_loss(real, fake, self.adversarial, self.score_mask(b.hole))

    def generator_terms(self, real, fake, b):
        """The loss terms that need D, already weighted: eq. (1), and eq. (2) on D's features."""
        terms = {}
        if adv := self.weights["adv"]:
            terms["adv"] = adv * self.adversarial_loss(fake, b)
        if feature := self.weights["feature"]:
            terms["feature"] = feature * losses.feature_loss(real, fake, self.loss_mask(b.hole))
        return terms

    def adversarial_loss(self, fake, b):
        return losses.generator_loss(fake, self.adversarial, self.score_mask(b.hole))


def multi_scale(profile, channels):
    """The paper's three PatchGANs for a candidate and its condition of so many channels."""
    return MultiScaleDiscriminator(channels, profile.discriminator_width, profile.scales)


def paper_design(profile, design):
    """Keyword arguments of `SPNet` and `SGNet`."""
    dilations = DILATIONS if profile.dilated else (1,) * len(DILATIONS)
    return {"dilations": dilations, "blind": profile.blind, **design._asdict()}


# -------------------------------------------------------------------- SP-Net


class SegmentationPrediction(Task):
    """SP-Net: (I0, S0, R) → S_R; its discriminators see (I0, S0, candidate S).

    plus=True trains our own net of the same inputs and outputs, `spg.generators_plus.SPNetPlus`.
    """

    crisp = False

    def __init__(self, plus=False):
        self.plus = plus

    @property
    def reads(self):
        own = {"grained"} if self.plus else {"dilated", "blind"}
        return super().reads | {*PATCHES, *own, "width", "downs", "grow", "cross_entropy", "dice", "known", "crisp"}

    def generator(self, profile, design):
        if self.plus:
            return SPNetPlus(len(self.classes), *design, grained=profile.grained)
        return SPNet(len(self.classes), **paper_design(profile, design))

    def discriminator(self, profile):
        count = len(self.classes)
        return multi_scale(profile, (3 + count) * profile.conditional + count)

    def prepare(self, profile, device):
        super().prepare(profile, device)
        self.crisp = profile.crisp
        self.own_weights = {"cross_entropy": profile.cross_entropy, "dice": profile.dice}
        self.known_weight = profile.known

    def generate(self, net, b):
        return net(b.i0, b.s0, b.hole)

    def discriminator_inputs(self, b, s_r):
        """What D compares: the true map and the completed one, each with the condition (I0, S0)."""
        s_r = one_class(s_r) if self.crisp else s_r
        return [self.conditioned((b.i0, b.s0), s) for s in (b.s, self.composited(b.s0, s_r, b.hole))]

    def loss_terms(self, b, s_r):
        """Loss terms of this model's own, already weighted."""
        mask = self.loss_mask(b.hole)
        of = {"cross_entropy": losses.hole_cross_entropy, "dice": losses.hole_dice}
        terms = {name: weight * of[name](s_r, b.s, mask) for name, weight in self.own_weights.items() if weight}
        if self.known_weight:
            terms["known"] = self.known_weight * losses.hole_cross_entropy(s_r, b.s, 1 - b.hole)
        return terms

    def preview(self, b, s_r):
        """The completed map as class numbers, N×H×W, for the log."""
        return complete(b.s0, s_r, b.hole).argmax(1)


def one_class(s_r):
    """Probabilities N×C×H×W → one class for every pixel; the gradient is the probabilities' (straight through).

    Else D tells a predicted map from a true one by its shades alone, and never looks at its shapes.
    """
    crisp = torch.zeros_like(s_r).scatter_(1, s_r.argmax(1, keepdim=True), 1)
    return crisp + (s_r - s_r.detach())  # exactly 0 and 1: the bracket is 0


# -------------------------------------------------------------------- SG-Net


class SegmentationGuidance(Task):
    """SG-Net: (I0, S, R) → I_R on true label maps; its discriminators see (S, candidate Î).

    guided=False is the ablation without segmentation: (I0, R) → I_R, its discriminators see (I0, Î).
    plus=True trains our own net of the same inputs and outputs, `spg.generators_plus.SGNetPlus`; its discriminator may
    be `segmenting`, and it may be asked for a colour. Both may begin as the same net without segmentation.
    """

    def __init__(self, guided=True, plus=False):
        self.guided, self.plus, self.segmenting = guided, plus, False
        self.labelled, self.ground_weight = guided, 0.0
        self.begins_as = ("sgnet-plus-noseg" if plus else "sgnet-noseg") if guided else None

    @property
    def reads(self):
        own = {"grained", "refined", "discriminator"} if self.plus else {"dilated", "blind"}
        if self.guided:
            own |= {"guess", "spnet", "soft"} | ({"coloured"} if self.plus else set())
        pixels = {"alexnet", "vgg", "margin", "patch", "chroma", "l1", "ground", "ssim", "known"}
        return super().reads | {*PATCHES, *own, *pixels, "width", "downs", "grow"}

    def generator(self, profile, design):
        classes = len(self.classes) if self.guided else 0
        if self.plus:
            extra = {"coloured": profile.coloured and self.guided, "refined": profile.refined}
            ground = self.classes.ground if profile.ground else None
            return SGNetPlus(classes, *design, grained=profile.grained, ground=ground, **extra)
        return SGNet(classes, **paper_design(profile, design))

    def discriminator(self, profile):
        if self.plus and profile.discriminator == "segmenting":
            return SegmentingDiscriminator(len(self.classes), profile.discriminator_width)
        return multi_scale(profile, (len(self.classes) if self.guided else 3) * profile.conditional + 3)

    def prepare(self, profile, device):
        super().prepare(profile, device)
        self.segmenting = self.plus and profile.discriminator == "segmenting"
        if self.segmenting:
            self.betas = (0.0, 0.99)  # OASIS's
        self.coloured = self.plus and self.guided and profile.coloured
        self.l1_weight, self.ssim_weight, self.known_weight = profile.l1, profile.ssim, profile.known
        self.ground_weight = profile.ground if self.classes.ground is not None else 0.0
        self.perceptual = perceptual_losses(profile, device)
        self.guess, self.soft = profile.guess, profile.soft
        self.spnets = predictors(profile, device, self.classes) if self.guided and profile.guess else {}

    def prepare_batch(self, b):
        """A share `guess` of the pictures gets SP-Net's layout in the hole, where it knows pictures this large.

        So that SG-Net meets SP-Net's mistakes before the test [our decision; the paper trains on true layouts only].
        """
        spnet = self.spnets.get(b.hole.shape[-1])
        if spnet is None:
            return b
        with torch.no_grad():
            s_r = spnet(b.i0, b.s0, b.hole)
        layout = s_r if self.soft else one_class(s_r)  # as at the test
        guessed = torch.rand(len(s_r), 1, 1, 1, device=s_r.device) < self.guess
        return b._replace(s=torch.where(guessed, complete(b.s0, layout, b.hole), b.s))

    def generate(self, net, b):
        asked = [b.colour] if self.coloured else []
        return net(b.i0, b.s if self.guided else None, b.hole, *asked)

    def discriminator_inputs(self, b, i_r):
        """What D compares: the true picture and the filled one, each with the condition S, or I0 without segmentation.

        A segmenting discriminator sees no condition.
        """
        pictures = b.image, self.judged(b, i_r)
        if self.segmenting:
            return list(pictures)
        return [self.conditioned([b.s if self.guided else b.i0], i) for i in pictures]

    def judged(self, b, i_r):
        """The picture that is compared with the true one, which shows the true ground where pixels alone count there.

        Asphalt is noise. A net without noise cannot paint it, and paints smoke where texture is asked for.
        """
        if not self.ground_weight:
            return self.composited(b.i0, i_r, b.hole)
        return torch.where(self.off_ground(b).hole > 0, i_r, b.image)

    def off_ground(self, b):
        """The batch with holes of those pixels that discriminators look for."""
        if not self.ground_weight:
            return b
        return b._replace(hole=b.hole * (1 - b.s[:, [self.classes.ground]]))

    def generator_terms(self, real, fake, b):
        return super().generator_terms(real, fake, self.off_ground(b))

    def discriminator_loss(self, real, fake, b):
        b = self.off_ground(b)
        if self.segmenting:
            return losses.segmenting_discriminator_loss(real, fake, b.s, b.hole)
        return super().discriminator_loss(real, fake, b)

    def adversarial_loss(self, fake, b):
        if self.segmenting:
            return losses.segmenting_generator_loss(fake, b.s, b.hole)
        return super().adversarial_loss(fake, b)

    def loss_terms(self, b, i_r):
        """Loss terms of this model's own, already weighted."""
        terms, mask, seen = {}, self.loss_mask(b.hole), self.judged(b, i_r)
        for name, (weight, loss) in self.perceptual.items():
            terms[name] = weight * loss(b.image, seen, mask)
        if self.l1_weight:
            terms["l1"] = self.l1_weight * losses.hole_l1(i_r, b.image, mask)
        if self.ground_weight:
            on_ground = torch.where(b.s[:, [self.classes.ground]] > 0, i_r, b.image)
            terms["ground"] = self.ground_weight * losses.hole_l1(on_ground, b.image, mask)
        if self.known_weight:
            terms["known"] = self.known_weight * losses.hole_l1(i_r, b.image, 1 - b.hole)
        if self.ssim_weight:
            terms["ssim"] = self.ssim_weight * losses.hole_ssim(seen, b.image, mask)
        return terms

    def preview(self, b, i_r):
        """The filled picture, N×3×H×W in [-1, 1], for the log."""
        return complete(b.i0, i_r, b.hole)


def perceptual_losses(profile, device):
    """{name: (weight, loss)} of the AlexNet loss and of the same by VGG16, without those of weight 0."""
    size = profile.sizes[-1]
    half = max(32, size // 2) if profile.window else None  # of the picture, which the loss does not see
    options = half if profile.masked else size, profile.patch, profile.margin, profile.chroma
    terms = {"alexnet": (profile.alexnet, "stlpips"), "vgg": (profile.vgg, "stlpips-vgg")}
    return {
        name: (weight, losses.AlexNetLoss(perceptual.load(network, device), *options))
        for name, (weight, network) in terms.items()
        if weight
    }


def predictors(profile, device, classes=STREET):
    """The frozen SP-Net of a profile, by the side of the pictures it knows: {size: net}. classes: its class set.

    SP-Net+ that has grown knows its smaller stages' sizes too: its inner levels are the net of that stage, trained on.
    """
    tensors, about = checkpoints.load(profile.spnet)
    if about["model"] not in ("spnet", "spnet-plus"):
        raise ValueError(f"spnet={profile.spnet!r} holds a {about['model']!r} net, no SP-Net")
    remedy = "name an SP-Net that was trained on this data, --set spnet=FILE"
    refuse_other_set(classes, recorded(about, profile.spnet), f"spnet={profile.spnet!r}", remedy)
    trained, plus = from_dict(about["profile"]), about["model"] == "spnet-plus"
    smaller = [size for size in trained.sizes if size < about["size"] and plus and trained.grow]
    task = SegmentationPrediction(plus)
    task.classes = classes
    nets = {s: task.generator(trained, at(trained, s)) for s in (*smaller, about["size"])}
    whole = restore(nets[about["size"]], tensors)
    for size in smaller:
        inherit(nets[size], whole)
    place = {"device": device, "memory_format": torch.channels_last}
    return {size: net.eval().requires_grad_(False).to(**place) for size, net in nets.items()}


# -------------------------------------------------------------------- the segmenter


class Segmentation(Task):
    """The segmenter: (I0, R) → class probabilities, learned on the known pixels; no discriminators."""

    weights = {"adv": 0.0, "feature": 0.0}  # noqa: RUF012, read only

    @property
    def reads(self):
        return super().reads | {"encoder"}

    def generator(self, profile, design):
        return Segmenter(len(self.classes), profile.encoder)

    def generate(self, net, b):
        return net(b.i0, b.hole)

    def loss_terms(self, b, s):
        """Loss terms of this model's own: SP-Net's two, where the picture is known.

        Dice, because signs and persons are together two pixels in a hundred.
        """
        known = 1 - b.hole
        return {"cross_entropy": losses.hole_cross_entropy(s, b.s, known), "dice": losses.hole_dice(s, b.s, known)}

    def preview(self, b, s):
        """The predicted map as class numbers, N×H×W, for the log."""
        return s.argmax(1)

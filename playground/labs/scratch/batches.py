"""A generator of batches that is not told the batch size: which images an epoch then sees.

The published loop makes `images // asked` steps, but its generator hands out `given` = 128 images
at a time, whatever was asked for; and where 128 does not divide the images, the last ones are in no
batch at all.
"""

from dataclasses import dataclass

GIVEN = 128


@dataclass(frozen=True)
class EpochBatches:
    """What the steps of one epoch get: `full` batches, one of `part` images or none, `empty` ones.

    images: how many there are; seen: how many of them an epoch uses, from the first on.
    """

    images: int
    full: int
    part: int
    empty: int
    size: int = GIVEN  # images of a full batch

    @property
    def steps(self) -> int:
        """Updates of one epoch, those without any image among them."""
        return self.full + (self.part > 0) + self.empty

    @property
    def seen(self) -> int:
        """Images that are used."""
        return self.full * self.size + self.part


def published(images: int, asked: int) -> EpochBatches:
    """As the published loop does it."""
    steps = images // asked
    full = min(steps, images // GIVEN)
    part = images % GIVEN if steps > full else 0
    return EpochBatches(images, full, part, steps - full - (part > 0))


def whole(images: int, asked: int) -> EpochBatches:
    """Every image once, in batches of the size asked for: as Keras, and as ours."""
    return EpochBatches(images, images // asked, images % asked, 0, asked)

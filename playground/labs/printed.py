"""The losses that the published from-scratch run printed, every 100 batches of 128 on MNIST."""

# A row an epoch, of 468 batches: the loss before the update of batch 0, 100, … 400. The eighth
# epoch's last number and the two epochs after it are not legible.
PRINTED: tuple[tuple[float, ...], ...] = (
    (5.57, 2.24, 2.18, 2.09, 2.25),
    (1.93, 1.88, 1.80, 1.71, 1.85),
    (1.59, 1.58, 1.47, 1.42, 1.52),
    (1.32, 1.34, 1.21, 1.20, 1.28),
    (1.11, 1.16, 1.01, 1.04, 1.11),
    (0.97, 1.02, 0.87, 0.92, 0.99),
    (0.86, 0.91, 0.77, 0.83, 0.90),
    (0.77, 0.83, 0.70, 0.76),
)
STEPS = 468  # of an epoch
EVERY = 100
ACCURACY = {"scratch": 0.84, "keras": 0.9788}  # on the 10,000 test images


def points() -> tuple[tuple[int, float], ...]:
    """(update, loss) of each number printed."""
    return tuple(
        (epoch * STEPS + i * EVERY, loss)
        for epoch, row in enumerate(PRINTED)
        for i, loss in enumerate(row)
    )

"""`Experiment`: the settings of one training run, their limits, labels, link and derived sizes."""

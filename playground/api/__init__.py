"""What a notebook or a script calls: `train`, saved runs, and estimators for scikit-learn."""

"""Runs as files: CSV, HTML report, pretrained networks, Keras scripts."""

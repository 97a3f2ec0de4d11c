"""The page on which one draws what the network is to recognize."""

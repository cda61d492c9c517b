"""The support files that a simulated PC collects: their texts, and the CAB around them."""

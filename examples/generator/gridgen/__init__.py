"""Generator of the model town's change data: two networks, their dialects and traps, the truth."""

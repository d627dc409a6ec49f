"""Settings to embedding and back: imitator, inversion, affinity and slider networks, their export and their jobs."""

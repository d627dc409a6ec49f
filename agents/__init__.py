"""Drives a character creator by keys and pixels, captures it, and brings the frames to the coordinator."""

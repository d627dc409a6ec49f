"""The verb `evaluate`: every promise of the networks beside what a creator shows."""

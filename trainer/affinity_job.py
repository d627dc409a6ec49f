"""Ray Train job of the affinity network: embedding to what each combination can reach; makes a missing imitator first."""

from trainer.training_job import main

if __name__ == "__main__":
    main("affinity")

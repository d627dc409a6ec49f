"""Ray Train job of the imitator network: settings to embedding."""

from trainer.training_job import main

if __name__ == "__main__":
    main("imitator")

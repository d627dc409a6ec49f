"""Ray Train job of the slider network: embedding and combination to sliders, then the model set of all three."""

from trainer.training_job import main

if __name__ == "__main__":
    main("slider")

"""Text to speech: adapters of the kernel's `SpeechEngine`, one file for each engine."""

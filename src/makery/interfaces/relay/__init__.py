"""The OpenAI-compatible face of the relay."""

"""The web page: Gradio beside the API, on the same service and the same events. It decides nothing."""

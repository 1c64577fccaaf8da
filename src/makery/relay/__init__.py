"""Several accounts behind one OpenAI-compatible address: choosing, failing over, passing on, counting."""

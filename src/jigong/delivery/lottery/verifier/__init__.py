"""The sampler, as it is published: the server draws with these very lines, and anybody can run them."""

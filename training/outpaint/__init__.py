"""Training of the outpainter (paper 3.5): autoencoder, latents, the conditioned UNet."""

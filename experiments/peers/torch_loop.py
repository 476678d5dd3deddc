"""The VAE in PyTorch, in the style of its VAE examples: a DataLoader and a loop."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from experiments.peers.matmul import SIZE


class Encoder(nn.Module):
    """Images ``(B, 1, 28, 28)`` to mean and log-variance, each ``(B, d)``."""

    def __init__(self, network, latent_dim):
        super().__init__()
        if network == "mlp":
            units, layers = 512, [nn.Flatten(), nn.Linear(784, 512), nn.ReLU()]
        else:
            units, layers = 32, []
            maps = (1, 32, 64, 64, 64)
            for i, stride in enumerate((1, 2, 1, 1)):
                layers += [nn.Conv2d(maps[i], maps[i + 1], 3, stride, 1), nn.ReLU()]
            layers += [nn.Flatten(), nn.Linear(14 * 14 * 64, 32), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.mean = nn.Linear(units, latent_dim)
        self.log_var = nn.Linear(units, latent_dim)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_var(h)


def make_decoder(network, latent_dim):
    """Codes ``(B, d)`` to logits ``(B, 1, 28, 28)``."""
    image = nn.Unflatten(1, (1, 28, 28))
    if network == "mlp":
        hidden, pixels = nn.Linear(latent_dim, 512), nn.Linear(512, 784)
        return nn.Sequential(hidden, nn.ReLU(), pixels, image)
    deconv = nn.ConvTranspose2d(1, 32, 3, padding=1)
    last = nn.Conv2d(32, 1, 3, padding=1)
    hidden = nn.Linear(latent_dim, 784)
    return nn.Sequential(hidden, nn.ReLU(), image, deconv, nn.ReLU(), last)


class VAE(nn.Module):
    """Encoder, decoder and one learned variance for all pixels."""

    def __init__(self, network, latent_dim):
        super().__init__()
        self.encoder = Encoder(network, latent_dim)
        self.decoder = make_decoder(network, latent_dim)
        self.log_variance = nn.Parameter(torch.tensor(math.log(0.05)))
        for module in self.modules():  # as Keras begins
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x):
        """The negative ELBO, mean over the batch, in nats per image."""
        mean, log_var = self.encoder(x)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        error = x - torch.sigmoid(self.decoder(z))
        squared = error.square().flatten(1).sum(1)
        constant = x[0].numel() * (math.log(2 * math.pi) + self.log_variance)
        distortion = 0.5 * (squared * torch.exp(-self.log_variance) + constant)
        rate = 0.5 * (mean.square() + torch.expm1(log_var) - log_var).sum(1)
        return (distortion + rate).mean()


def train_epoch(vae, loader, optimizer, device):
    """All images once; returns the mean loss."""
    total = 0.0
    for (x,) in loader:
        x = x.to(device)
        optimizer.zero_grad()
        loss = vae(x)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    return total / len(loader.dataset)


def run(settings, link_class):
    """Train as ``settings`` say, an epoch at a time."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(settings.seed)
    a = torch.ones(SIZE, SIZE, device=device)
    link = link_class(lambda: (a @ a)[0, 0].item())
    images = torch.from_numpy(settings.load("x_train")).permute(0, 3, 1, 2)
    loader = DataLoader(TensorDataset(images), settings.batch_size, shuffle=True)
    vae = VAE(settings.network, settings.latent_dim).to(device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    for _ in range(settings.epochs):
        link.begin()
        link.end(train_epoch(vae, loader, optimizer, device))

    def elbo():
        x = torch.from_numpy(settings.load("x_test")).permute(0, 3, 1, 2)
        with torch.no_grad():
            losses = [vae(part.to(device)) * len(part) for part in x.split(500)]
        return -sum(losses).item() / len(x)

    link.score(elbo)

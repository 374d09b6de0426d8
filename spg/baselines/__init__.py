"""What SPG-Net is compared with."""

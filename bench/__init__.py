"""What Paigham costs, as ratios against the machine it runs on."""

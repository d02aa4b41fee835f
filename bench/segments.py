"""How many texts of 160 characters the segment counter measures in a second (B12)."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.segments import count, size

ENGLISH = (
    "Your registration is on Monday at 10. Bring your card. Reply 1 for yes or 2 for no. All help is free. "
)
URDU = "آپ کی رجسٹریشن پیر کو دس بجے ہے۔ اپنا کارڈ ساتھ لائیں۔ جواب میں 1 یا 2 لکھیں۔ مدد مفت ہے۔ "
SAMPLES = {
    "english": ENGLISH,
    "urdu": URDU,
    "brackets": "[1] Yes {2} No, 10€ ",
    "emoji": "Thank you for your answer 🙂 ",
}


def measure(seconds: float = 0.5) -> dict[str, float]:
    """Texts a second by kind, for the quick measure that prices broadcasts; `full` is the editor's count."""
    results = {name: _rate(size, (text * 10)[:160], seconds) for name, text in SAMPLES.items()}
    results["full"] = _rate(count, (URDU * 10)[:160], seconds)
    return results


def _rate(work: Callable[[str], object], text: str, seconds: float) -> float:
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for _ in range(1000):
            work(text)
        done += 1000
    return done / passed


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:10} {value:12,.0f} texts a second")

#!/usr/bin/env python3
"""The simulated plants of the examples: writes each `plant/*.csv`, the same bytes every time.

    examples/plants.py            writes them
    examples/plants.py --check    says which are not what this makes
"""
import datetime
import math
import pathlib
import random
import sys
from typing import Callable, Iterator

HERE = pathlib.Path(__file__).resolve().parent
START = datetime.datetime(2026, 1, 5, 6, 0, tzinfo=datetime.timezone.utc)  # a Monday

Row = tuple[str, ...]


def fixed(x: float, decimals: int = 1) -> str:
    return f"{x:.{decimals}f}"


def bump(i: int, at: int, width: float) -> float:
    """1 at its middle, nothing far from it."""
    return math.exp(-(((i - at) / width) ** 2))


def pump(rng: random.Random, worn: bool) -> Iterator[Row]:
    """Vibration of a pump, a row each 10 s. A worn one's outer race is heard first, and then felt."""
    yield ("rms", "band_1x", "band_outer_race", "temperature")
    for i in range(480):
        wear = max(0.0, (i - 150) / 330) ** 1.6 if worn else 0.0
        race = 0.08 + 0.9 * wear + abs(rng.gauss(0, 0.012))
        unbalance = 0.9 + 0.15 * math.sin(i / 70) + rng.gauss(0, 0.04)
        rms = math.sqrt(unbalance**2 + (4.2 * max(0.0, wear - 0.25)) ** 2) + 0.25 + rng.gauss(0, 0.03)
        yield fixed(rms, 2), fixed(unbalance, 2), fixed(race, 3), fixed(52 + 9 * wear + 2 * math.sin(i / 90))


def refrigerator(rng: random.Random, fails: bool) -> Iterator[Row]:
    """A cold box on a lorry, a row a minute: deliveries open its door; one compressor gives up."""
    yield ("temperature", "door", "humidity")
    warm = 0.0
    for i in range(480):
        unloading = any(start <= i < start + length for start, length in ((60, 4), (180, 3), (300, 9 if fails else 4)))
        warm += 0.35 * unloading - 0.06 * warm
        if fails and i > 330:
            warm += 0.36
        value = 4.0 + 0.8 * math.sin(i / 6) + warm + rng.gauss(0, 0.1)
        yield fixed(value), str(int(unloading)), fixed(68 + 3 * warm + rng.gauss(0, 0.5), 0)


def room(rng: random.Random, meetings: tuple[tuple[int, int, int], ...]) -> Iterator[Row]:
    """A meeting room, a row a minute: people, and the air that they use."""
    yield ("people", "temperature", "co2", "setpoint")
    air, heat = 430.0, 19.5
    for i in range(480):
        people = sum(count for start, length, count in meetings if start <= i < start + length)
        air += 9.0 * people - 0.035 * (air - 420)
        heat += 0.012 * people + 0.02 * (20.5 - heat)
        yield str(people), fixed(heat + rng.gauss(0, 0.05)), fixed(air + rng.gauss(0, 6), 0), "21.0"


def field(rng: random.Random, leaks: bool) -> Iterator[Row]:
    """A field with a valve, a row a minute: it dries, is watered early, and one pipe leaks."""
    yield ("moisture", "valve", "flow", "rain")
    moisture = 24.5
    for i in range(480):
        watering = 40 <= i < 85
        rain = 0.4 if 250 <= i < 275 else 0.0
        moisture += 0.14 * watering + 0.1 * (rain > 0) - 0.012
        flow = 18.0 + rng.gauss(0, 0.3) if watering else 0.0
        if leaks and i >= 320:
            flow += 2.4 + rng.gauss(0, 0.1)
        yield fixed(moisture + rng.gauss(0, 0.05), 2), str(int(watering)), fixed(flow), fixed(rain)


def wearer(rng: random.Random, ill: bool) -> Iterator[Row]:
    """A heart, a row a second: a walk, a rest, and for one a racing heart at rest; the strap slips once."""
    yield ("heart_rate", "steps", "contact")
    rate = 68.0
    for i in range(480):
        walking = 60 <= i < 160
        aim = 112 if walking else 138 if ill and 260 <= i < 360 else 66
        rate += 0.08 * (aim - rate) + rng.gauss(0, 0.8)
        touching = not 420 <= i < 455
        yield fixed(rate, 0) if touching else "0", "2" if walking else "0", str(int(touching))


def lorry(rng: random.Random, strays: bool) -> Iterator[Row]:
    """A lorry around a depot, a row each 10 s: it drives, idles, brakes hard, and one leaves its region."""
    yield ("latitude", "longitude", "speed", "ignition")
    latitude, longitude, speed = 48.137, 11.575, 0.0
    for i in range(480):
        stopped = 100 <= i < 150 or 400 <= i
        speed = 0.0 if stopped else 46 + 8 * math.sin(i / 12) + rng.gauss(0, 1.5) - 44 * bump(i, 60, 0.6)
        heading = math.radians(70 if strays and 200 <= i < 330 else i * 1.8)
        step = max(speed, 0.0) / 360  # km in 10 s
        latitude += step * math.cos(heading) / 111.2
        longitude += step * math.sin(heading) / 74.2
        yield fixed(latitude, 5), fixed(longitude, 5), fixed(max(speed, 0)), str(int(i < 460))


PLANTS: dict[str, tuple[int, Callable[[random.Random], Iterator[Row]]]] = {
    "predictive-maintenance/plant/pump-1.csv": (10, lambda r: pump(r, False)),
    "predictive-maintenance/plant/pump-2.csv": (10, lambda r: pump(r, True)),
    "cold-chain/plant/lorry-1.csv": (60, lambda r: refrigerator(r, False)),
    "cold-chain/plant/lorry-2.csv": (60, lambda r: refrigerator(r, True)),
    "smart-building/plant/room-1.csv": (60, lambda r: room(r, ((30, 60, 8), (200, 45, 4)))),
    "smart-building/plant/room-2.csv": (60, lambda r: room(r, ((90, 120, 14),))),
    "irrigation/plant/field-1.csv": (60, lambda r: field(r, False)),
    "irrigation/plant/field-2.csv": (60, lambda r: field(r, True)),
    "wearable/plant/wearer-1.csv": (1, lambda r: wearer(r, False)),
    "wearable/plant/wearer-2.csv": (1, lambda r: wearer(r, True)),
    "fleet/plant/lorry-7.csv": (10, lambda r: lorry(r, False)),
    "fleet/plant/lorry-8.csv": (10, lambda r: lorry(r, True)),
}


def text_of(name: str) -> str:
    step_s, make = PLANTS[name]
    header, *rows = make(random.Random(name))
    lines = [",".join(("time", *header))]
    for i, row in enumerate(rows):
        at = START + datetime.timedelta(seconds=i * step_s)
        lines.append(",".join((at.strftime("%Y-%m-%dT%H:%M:%SZ"), *row)))
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    wrong = 0
    for name in PLANTS:
        file, text = HERE / name, text_of(name)
        if arguments == ["--check"]:
            if not file.exists() or file.read_text(encoding="utf-8") != text:
                print(f"{name} is not what examples/plants.py makes", file=sys.stderr)
                wrong = 1
        else:
            file.write_text(text, encoding="utf-8")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

// Units as people write them, from the codes of SenML (RFC 8428) and UCUM.

const written = new Map(
  Object.entries({
    Cel: "°C",
    "[degF]": "°F",
    deg: "°",
    Ohm: "Ω",
    "%RH": "% RH",
    "m/s2": "m/s²",
    m2: "m²",
    m3: "m³",
    "m3/h": "m³/h",
    um: "µm",
    us: "µs",
    "1/min": "min⁻¹",
    "1/s": "s⁻¹",
  }),
);

export const formatUnit = (code: string | null | undefined): string => (code ? (written.get(code) ?? code) : "");

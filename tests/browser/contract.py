"""What the page reads of the API (web/src/api/types.ts) is what a node promises (/api/v1/openapi.json)."""

import json
import os
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "process"))
from processes import SiteTest  # noqa: E402

TYPES = Path(os.environ.get("PERIGEE_WEB", ROOT.parent / "web")) / "src" / "api" / "types.ts"

# The path that answers with it, and the way to it within the answer: a name, or [] for the items of a list.
INTERFACES = {
    "Session": ("/api/v1/session", []),
    "NodeInfo": ("/api/v1/nodes", ["nodes", []]),
    "Device": ("/api/v1/devices", ["devices", []]),
    "Metric": ("/api/v1/metrics", ["metrics", []]),
    "Latest": ("/api/v1/latest", ["values", []]),
    "History": ("/api/v1/history", []),
    "Gap": ("/api/v1/history", ["gaps", []]),
    "Alarm": ("/api/v1/alarms", ["alarms", []]),
    "AlarmDeed": ("/api/v1/alarms", ["alarms", [], "acknowledged"]),
    "AlarmShelving": ("/api/v1/alarms", ["alarms", [], "shelved"]),
    "AlarmHistoryLine": ("/api/v1/alarms/{id}/history", ["history", []]),
    "AlarmGroup": ("/api/v1/alarms/groups", ["groups", []]),
    "AlarmKpi": ("/api/v1/alarms/kpi", []),
    "AlarmCount": ("/api/v1/alarms/kpi", ["bad_actors", []]),
    "Rule": ("/api/v1/rules", ["rules", []]),
    "Journal": ("/api/v1/journal", []),
    "Lane": ("/api/v1/journal", ["lanes", []]),
    "System": ("/api/v1/system", []),
    "Limit": ("/api/v1/system", ["limits", []]),
    "Check": ("/api/v1/system", ["checks", []]),
    "Certificate": ("/api/v1/system", ["certificates", []]),
    "Listener": ("/api/v1/mqtt/listeners", ["listeners", []]),
    "AuditEntry": ("/api/v1/audit", ["entries", []]),
}
# A part of others; of the stream; an error; of the demo; and two that openapi.json leaves open.
NOT_DESCRIBED = {"MetricName", "LiveValue", "Problem", "Demo", "Link", "SetAside"}


def interfaces(text):
    """name -> {field: whether it may be null}, with the fields of what it extends."""
    found = {}
    for name, base, body in re.findall(r"^export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}", text, re.M | re.S):
        own = re.findall(r"^  (\w+): (.*);", body, re.M)
        found[name] = found.get(base, {}) | {field: bool(re.search(r"\| null$", type_)) for field, type_ in own}
    return found


def resolved(schema):
    """Without the null that it may be."""
    return next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)


def schema_at(description, path, way):
    answers = description["paths"][path]["get"]["responses"]["200"]
    schema = answers["content"]["application/json"]["schema"]
    for step in way:
        schema = resolved(schema["items"] if step == [] else schema["properties"][step])
    return schema


class Contract(SiteTest):
    def test_the_page_reads_what_the_api_promises(self):
        status, body = self.node("gw-1").start().get("/api/v1/openapi.json")
        self.assertEqual(status, 200, body)
        description, read = json.loads(body), interfaces(TYPES.read_text())
        self.assertEqual(set(read) - NOT_DESCRIBED, set(INTERFACES))
        for name, (path, way) in INTERFACES.items():
            promised = schema_at(description, path, way)["properties"]
            for field, may_be_null in read[name].items():
                with self.subTest(interface=name, field=field):
                    self.assertIn(field, promised)
                    self.assertLessEqual("anyOf" in promised[field], may_be_null, "it may be null")


if __name__ == "__main__":
    unittest.main()

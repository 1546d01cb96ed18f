"""AWS IoT fleet provisioning, by the identity client of npm's aws-iot-device-sdk-v2, unchanged, and by hand."""

import json
import os
import shutil
import ssl
import subprocess
import unittest
from pathlib import Path

import mqtt
from est_site import EstSite
from processes import PATIENCE_S

TEMPLATE = {
    "Parameters": {"SerialNumber": {"Type": "String"}, "AWS::IoT::Certificate::Id": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {
            "ThingName": {"Fn::Join": ["-", ["press", {"Ref": "SerialNumber"}]]},
            "AttributePayload": {"hall": "2"}, "ThingGroups": ["presses"]}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
            "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
    },
    "DeviceConfiguration": {"site": "plant"},
}
CREATE, FROM_CSR = "$aws/certificates/create/json", "$aws/certificates/create-from-csr/json"
PROVISION = "$aws/provisioning-templates/presses/provision/json"
NPM = Path(os.environ.get("PERIGEE_NPM", "build/npm"))


class FleetProvisioning(EstSite):
    def setUp(self):
        super().setUp()
        self.add_template("presses", TEMPLATE, "--keys")
        made = self.do("provision", "claim", "presses", "--json", "--node", self.cloud.config)
        self.claim = self.keep_identity("claim", json.loads(made.stdout))

    def add_template(self, name, body, *more):
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(body))
        return self.do("provision", "template", "add", name, file, *more, "--node", self.cloud.config)

    def keep_identity(self, name, given, key=None):
        certificate, key_file = self.folder / f"{name}.crt", key or self.folder / f"{name}.key"
        certificate.write_text(given["certificatePem"])
        if key is None:
            key_file.write_text(given["privateKey"])
        return certificate, key_file

    def connect(self, identity, client_id):
        trust = ssl.create_default_context(cafile=self.root)
        trust.load_cert_chain(*identity)
        return mqtt.Client(self.cloud.ports["tls"], client_id, tls=trust)

    def ask(self, client, topic, payload):
        """("accepted", {...}) or ("rejected", {...})"""
        client.subscribe(topic + "/+")
        client.publish_and_wait(topic, payload if isinstance(payload, bytes) else json.dumps(payload).encode())
        answered, body = client.read_message()[:2]
        return answered.removeprefix(topic + "/"), json.loads(body)

    def csr(self, name):
        body = self.folder / f"{name}.pem"
        made = self.run_device("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-subj", "/CN=AWS IoT Certificate", "-keyout",
                               self.folder / f"{name}.key", "-out", body)
        self.assertEqual(made.returncode, 0, made.stderr)
        return {"certificateSigningRequest": body.read_text()}

    def provision(self, client, token, number):
        return self.ask(client, PROVISION, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": number}})

    def test_a_device_gets_a_name_and_connects_by_it(self):
        with self.connect(self.claim, "new") as client:
            how, created = self.ask(client, FROM_CSR, self.csr("press"))
            self.assertEqual((how, len(created["certificateId"])), ("accepted", 64), created)
            own = self.keep_identity("own", created, self.folder / "press.key")
            with self.assertRaises(mqtt.Refused):
                self.connect(own, "early")
            how, made = self.provision(client, created["certificateOwnershipToken"], "7")
            self.assertEqual(how, "accepted", made)
            self.assertEqual(made, {"deviceConfiguration": {"site": "plant"}, "thingName": "press-7"})
            how, again = self.provision(client, created["certificateOwnershipToken"], "8")
            self.assertEqual((how, again["statusCode"], again["errorCode"]), ("rejected", 403, "AccessDenied"))
        with self.connect(own, "press-7") as client:
            self.assertEqual(client.publish_and_wait("site/x", b"1"), mqtt.SUCCESS)
        shown = json.loads(self.do("device", "show", "press-7", "--json", "--node", self.cloud.config).stdout)
        self.assertEqual((shown["lifecycle"], shown["serial_number"], shown["groups"], shown["attributes"]),
                         ("active", "7", ["presses"], {"hall": "2"}))
        self.do("device", "suspend", "press-7", "--node", self.cloud.config)
        with self.assertRaises((mqtt.Refused, ssl.SSLError)):  # by the name, or soon by the certificate
            self.connect(own, "press-7")

    def test_a_claim_is_good_for_nothing_else(self):
        with self.connect(self.claim, "new") as client:
            self.assertNotEqual(client.publish_and_wait("site/x", b"1"), mqtt.SUCCESS)
            self.assertNotEqual(client.publish_and_wait(PROVISION.replace("presses", "lathes"), b"{}"), mqtt.SUCCESS)
            how, refused = self.ask(client, PROVISION, b"[")
            self.assertEqual((how, refused["errorCode"]), ("rejected", "InvalidPayload"))
            how, refused = self.ask(client, FROM_CSR, {"certificateSigningRequest": "none"})
            self.assertEqual((how, refused["errorCode"]), ("rejected", "InvalidCertificateSigningRequest"))

    def test_one_serial_number_has_one_certificate(self):
        with self.connect(self.claim, "new") as client:
            first = self.ask(client, CREATE, b"")[1]
            self.assertIn("PRIVATE KEY", first["privateKey"])
            self.assertEqual(self.provision(client, first["certificateOwnershipToken"], "7")[0], "accepted")
            second = self.ask(client, CREATE, {})[1]
            how, refused = self.provision(client, second["certificateOwnershipToken"], "7")
            self.assertEqual((how, refused["errorCode"]), ("rejected", "Forbidden"))
            self.assertEqual(self.provision(client, second["certificateOwnershipToken"], "8")[0], "accepted")

    def test_an_answer_goes_to_who_asked_alone(self):
        with self.connect(self.claim, "one") as one, self.connect(self.claim, "two") as two:
            two.subscribe(CREATE + "/+")
            self.assertEqual(self.ask(one, CREATE, b"")[0], "accepted")
            self.assertEqual(self.ask(two, PROVISION, b"[")[1]["errorCode"], "InvalidPayload", "and nothing before it")

    @unittest.skipUnless((NPM / "node_modules/aws-iot-device-sdk-v2").is_dir() and shutil.which("node"),
                         "npm's aws-iot-device-sdk-v2 is not installed: tools/setup")
    def test_the_identity_client_of_the_sdk(self):
        program = Path(__file__).with_name("fleet_client.cjs").resolve()
        done = subprocess.run(
            ["node", program, str(self.cloud.ports["tls"]), self.root, *self.claim, "presses", "42",
             json.dumps(self.csr("sdk")["certificateSigningRequest"])],
            capture_output=True, text=True, timeout=2 * PATIENCE_S,
            env={**os.environ, "NODE_PATH": str((NPM / "node_modules").resolve())})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((said["thingName"], said["byKeys"], said["refused"]), ("press-42", "press-42b", 403), said)
        own = self.keep_identity("sdk-own", said, self.folder / "sdk.key")
        with self.connect(own, "press-42") as client:
            self.assertEqual(client.publish_and_wait("site/x", b"1"), mqtt.SUCCESS)


if __name__ == "__main__":
    unittest.main()

"""A TPM 2.0 in software (swtpm), and what firmware does with one: it measures what it starts. Commands are bytes (TPM
2.0 Part 3), so that nothing has to be installed but swtpm itself."""

import hashlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from processes import PATIENCE_S, Process, wait_until

OWNER, ENDORSEMENT = 0x40000001, 0x4000000B
SHA256 = 0x000B
EV_EFI_VARIABLE_DRIVER_CONFIG, EV_EFI_BOOT_SERVICES_APPLICATION, EV_S_CRTM_VERSION = 0x80000001, 0x80000003, 0x8


def endorsement_template(kind, parameters):
    """TCG EK Credential Profile 2.5, B.3: `kind` is RSA (1) or ECC (0x23)."""
    policy = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
    return (struct.pack(">HHIH", kind, SHA256, 0x000300B2, len(policy)) + policy +
            struct.pack(">HHHH", 0x0006, 128, 0x0043, 0x0010) + parameters)


# The kinds of endorsement keys: where the maker's certificate is (2.2.1.4), from what the key is made, and what stands
# before its bytes in a SubjectPublicKeyInfo.
EC = (0x01C0000A, endorsement_template(0x23, struct.pack(">HH", 3, 0x10) + (struct.pack(">H", 32) + bytes(32)) * 2))
RSA = (0x01C00002, endorsement_template(0x01, struct.pack(">HIH", 2048, 0, 256) + bytes(256)))
EC_INFO = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
RSA_INFO = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
RSA_EXPONENT = bytes.fromhex("0203010001")
PASSWORD = struct.pack(">IIHBH", 9, 0x40000009, 0, 0, 0)  # an empty one, as all are here


def is_there():
    """swtpm, and OpenSSL's provider for a TPM: `tools/setup` installs both."""
    listed = subprocess.run(["openssl", "version", "-m"], capture_output=True, text=True)
    modules = Path(listed.stdout.split('"')[1]) if '"' in listed.stdout else Path("/nonexistent")
    return shutil.which("swtpm") is not None and (modules / "tpm2.so").exists()


def sized(content):
    return struct.pack(">H", len(content)) + content


def secure_boot(on):
    """UEFI_VARIABLE_DATA of the variable SecureBoot."""
    return (bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c") + struct.pack("<QQ", 10, 1) +
            "SecureBoot".encode("utf-16-le") + bytes([on]))


class SoftwareTpm:
    def __init__(self, folder):
        # A socket's path has to be short, wherever the test's folder is.
        self.place = Path(tempfile.mkdtemp(prefix="tpm-", dir="/tmp"))
        self.socket = self.place / "tpm"
        self.log_file = folder / f"{self.place.name}.log"
        self.process = Process(folder, self.place.name, [
            "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.place}", "--server",
            f"type=unixio,path={self.socket}", "--ctrl", f"type=unixio,path={self.socket}.ctrl", "--flags",
            "not-need-init,startup-clear"])
        wait_until("the TPM listens", self.listens)
        spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, SHA256, 32, 0)
        self.log_file.write_bytes(struct.pack("<II20xI", 0, 3, len(spec)) + spec)

    def listens(self):
        if not self.process.running():
            raise AssertionError(f"swtpm ended:\n{self.process.err}")
        return self.socket.exists()

    @property
    def tcti(self):
        return f"swtpm:path={self.socket}"

    def end(self):
        self.process.kill()
        shutil.rmtree(self.place, ignore_errors=True)

    def ask(self, code, body, with_password=False):
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(PATIENCE_S)
            to.connect(str(self.socket))
            to.sendall(struct.pack(">HII", 0x8002 if with_password else 0x8001, 10 + len(body), code) + body)
            answer = to.recv(4096)
        refused = struct.unpack(">I", answer[6:10])[0]
        assert refused == 0, f"the TPM refuses command {code:#x}: {refused:#x}"
        return answer[10:]

    def extend(self, pcr, digest):
        self.ask(0x182, struct.pack(">I", pcr) + PASSWORD + struct.pack(">IH", 1, SHA256) + digest, True)

    def measure(self, pcr, kind, data):
        """As firmware does: into the PCR, and into the log."""
        digest = hashlib.sha256(data).digest()
        self.extend(pcr, digest)
        with open(self.log_file, "ab") as log:
            log.write(struct.pack("<IIIH", pcr, kind, 1, SHA256) + digest + struct.pack("<I", len(data)) + data)
        return digest.hex()

    def endorsement_key(self, kind=EC):
        """The public half in PEM, and its fingerprint; the key itself is unloaded again."""
        made = self.ask(0x131, struct.pack(">I", ENDORSEMENT) + PASSWORD + sized(bytes(4)) + sized(kind[1]) +
                        struct.pack(">HI", 0, 0), True)
        handle, _, size = struct.unpack(">IIH", made[:10])
        self.ask(0x165, struct.pack(">I", handle))
        area = made[10:10 + size]
        der = EC_INFO + area[-66:-34] + area[-32:] if kind == EC else RSA_INFO + area[-256:] + RSA_EXPONENT
        done = subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER"], input=der, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout, hashlib.sha256(der).hexdigest()

    def keep_certificate(self, der, kind=EC):
        """Where a maker of TPMs puts the certificate of the endorsement key; what is left of the room is behind it."""
        room, where = der + b"\xff" * 64, kind[0]
        attributes = 0x00020002 | 0x00060004  # read and written by the owner and by the index itself
        index = struct.pack(">IHIHH", where, SHA256, attributes, 0, len(room))
        self.ask(0x12A, struct.pack(">I", OWNER) + PASSWORD + sized(b"") + sized(index), True)
        for at in range(0, len(room), 512):
            part = room[at:at + 512]
            self.ask(0x137, struct.pack(">II", OWNER, where) + PASSWORD + sized(part) + struct.pack(">H", at), True)


def environment(tpm):
    """For a process that is to use it."""
    return os.environ | {"TPM2OPENSSL_TCTI": tpm.tcti}

"""The deployment the documents describe: nginx with TLS, the site with secure settings, a PostgreSQL server (15)."""

import base64
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
SERVER = Path("/usr/lib/postgresql/15/bin")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

pytestmark = pytest.mark.skipif(
    not (SERVER / "initdb").is_file() or not Path(NGINX).is_file(),
    reason="needs PostgreSQL 15 and nginx of the system (Debian: apt install postgresql-15 nginx-light)",
)


def port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def as_postgres(*command: str) -> None:
    who = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run(
        [*who, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL 15 of the system's, with a role and a database for the site; its address."""
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    listens = port()
    as_postgres(
        str(SERVER / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"
    )
    options = f"-p {listens} -k {folder} -c listen_addresses=127.0.0.1"
    as_postgres(
        str(SERVER / "pg_ctl"),
        "-w",
        "-D",
        str(folder / "data"),
        "-o",
        options,
        "-l",
        str(folder / "log"),
        "start",
    )
    try:
        create = "CREATE ROLE jigong LOGIN PASSWORD 'tests'"
        as_postgres(
            str(SERVER / "psql"), "-h", str(folder), "-p", str(listens), "-U", "postgres", "-c", create
        )
        as_postgres(
            str(SERVER / "createdb"),
            "-h",
            str(folder),
            "-p",
            str(listens),
            "-U",
            "postgres",
            "-O",
            "jigong",
            "jigong",
        )
        yield f"postgresql://jigong:tests@127.0.0.1:{listens}/jigong"
    finally:
        as_postgres(str(SERVER / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jigong.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(9))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "site.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "site.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@pytest.fixture(scope="module")
def deployed(server: str, town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The whole deployment; the port nginx listens on for TLS."""
    data, etc = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("etc")
    shutil.copytree(town / "lake", data / "lake")
    variables = {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "DATABASE_URL": server, "JIGONG_HOSTS": "jigong.example",
        "JIGONG_SECRET_KEY": "s" * 50, "JIGONG_DATA_KEY": base64.b64encode(os.urandom(32)).decode(),
        "JIGONG_LOOKUP_KEY": base64.b64encode(os.urandom(32)).decode(), "JIGONG_CIPHER": "sm4", "JIGONG_PROXIES": "1",
    }  # fmt: skip
    site = [sys.executable, "-m", "jigong"]
    where = ["--pack", str(ROOT / "packs" / "qiantang"), "--data", str(data)]
    subprocess.run(
        [*site, "bring", *where, "--as-of", "2023-01-01"], env=variables, check=True, capture_output=True
    )
    inside, plain, tls = port(), port(), port()
    serving = subprocess.Popen(
        [*site, "serve", *where, "--port", str(inside)], env=variables, stderr=subprocess.DEVNULL
    )
    certificate(etc)
    shutil.copy(DEPLOY / "proxy.conf", etc)
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for said, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{inside}"), ("listen 80;", f"listen {plain};"), ("listen 443", f"listen {tls}"),
        ("/etc/jigong", str(etc)),
    ):  # fmt: skip
        assert said in text
        text = text.replace(said, here)
    (etc / "site.conf").write_text(text, encoding="utf-8")
    (etc / "nginx.conf").write_text(
        f"user root;\npid {etc}/pid;\nerror_log {etc}/error.log;\nevents {{}}\nhttp {{ access_log off; include {etc}/site.conf; }}\n"
    )
    subprocess.run([NGINX, "-c", str(etc / "nginx.conf"), "-e", str(etc / "error.log")], check=True)
    try:
        for _ in range(120):
            if get(tls, "/healthz")[0] == 200:
                break
            time.sleep(0.5)
        yield tls
    finally:
        subprocess.run(
            [NGINX, "-c", str(etc / "nginx.conf"), "-e", str(etc / "error.log"), "-s", "stop"], check=True
        )
        serving.terminate()
        serving.wait(40)


def lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def get(tls: int, path: str, host: str = "jigong.example") -> tuple[int, dict[str, str], str]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://127.0.0.1:{tls}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return answer.status, lower(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, lower(refused.headers), ""
    except urllib.error.URLError:
        return 0, {}, ""


def test_pages_come_through_nginx_with_tls_and_safe_headers(deployed):
    status, headers, page = get(deployed, "/sign-in")
    assert status == 200
    assert "max-age=" in headers["strict-transport-security"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "Secure" in headers["set-cookie"]
    assert "csrfmiddlewaretoken" in page


def test_another_host_and_the_demonstration_are_not_served(deployed):
    assert get(deployed, "/", host="other.example")[0] == 400
    assert get(deployed, "/demo")[0] == 404


def test_metrics_are_not_shown_to_the_world(deployed):
    assert get(deployed, "/metrics")[0] == 403

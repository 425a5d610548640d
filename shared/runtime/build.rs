//! Writes the roots that AWS endpoints chain to as PEM: parsing all 144 public roots is most of a cold start.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;

/// Amazon Trust Services' roots by their common names (<https://www.amazontrust.com/repository>/), in DER as they
/// stand inside a certificate.
const NAMES: [&[u8]; 5] = [
    b"Amazon Root CA 1",
    b"Amazon Root CA 2",
    b"Amazon Root CA 3",
    b"Amazon Root CA 4",
    b"Starfield Services Root Certificate Authority - G2",
];

fn main() {
    let mut pem = String::new();
    let mut found = 0;
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let der: &[u8] = certificate.as_ref();
        if NAMES.iter().any(|name| der.windows(name.len()).any(|window| window == *name)) {
            found += 1;
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            for line in text.as_bytes().chunks(64) {
                let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
            }
            pem.push_str("-----END CERTIFICATE-----\n");
        }
    }
    assert_eq!(found, NAMES.len(), "webpki-root-certs no longer holds all of Amazon's roots");
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts their folder this way")]
    let folder = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(Path::new(&folder).join("amazon-roots.pem"), pem) {
        println!("cargo::error=could not write the roots: {error}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}

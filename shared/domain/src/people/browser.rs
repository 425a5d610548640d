//! What somebody signed in with, in a word or two that tells their own sessions apart, and nothing that tells them from others.

/// A browser's family and the platform that it runs on, out of closed lists: `Firefox on Linux`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Browser(String);

/// Families by what stands in their `User-Agent` (RFC 9110 §10.1.5). The first that is found counts: most claim to be others too.
const FAMILIES: &[(&str, &str)] = &[
    ("SamsungBrowser/", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Opera", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edg/", "Edge"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "A program"),
    ("python", "A program"),
    ("Python", "A program"),
    ("countersign", "A program"),
    ("node", "A program"),
];

/// Platforms, in the same manner.
const PLATFORMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// So many bytes of a `User-Agent` are looked at.
const LOOKED_AT: usize = 512;

impl Browser {
    /// A stored one has at most so many characters.
    pub const MAX: usize = 40;

    /// What a `User-Agent` says. One that says nothing known is another browser.
    pub fn of(user_agent: &str) -> Self {
        let end = user_agent.floor_char_boundary(LOOKED_AT);
        let text = &user_agent[..end];
        let find = |known: &[(&str, &'static str)]| {
            known.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
        };
        let family = find(FAMILIES).unwrap_or("Another browser");
        Self(find(PLATFORMS).map_or_else(|| family.to_owned(), |platform| format!("{family} on {platform}")))
    }

    /// As it was stored: no more of it than there can be.
    pub fn stored(text: &str) -> Self {
        Self(text.chars().filter(|c| !c.is_control()).take(Self::MAX).collect())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_told_by_family_and_platform() {
        let mozilla = "Mozilla/5.0";
        let like = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, name) in [
            (
                format!("{mozilla} (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
                "Firefox on Linux",
            ),
            (
                format!("{mozilla} (Windows NT 10.0; Win64; x64) {like} Chrome/126.0.0.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("{mozilla} (Windows NT 10.0) {like} Chrome/126.0 Safari/537.36 Edg/126.0"),
                "Edge on Windows",
            ),
            (
                format!(
                    "{mozilla} (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
                ),
                "Safari on iPhone",
            ),
            (
                format!("{mozilla} (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15"),
                "Safari on macOS",
            ),
            (
                format!("{mozilla} (Linux; Android 14; K) {like} Chrome/126.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            ("curl/8.5.0".to_owned(), "A program"),
            (String::new(), "Another browser"),
            ("ö".repeat(10_000), "Another browser"),
        ] {
            assert_eq!(Browser::of(&agent).as_str(), name, "{agent}");
        }
    }

    #[test]
    fn no_name_is_longer_than_is_stored_and_each_reads_back() {
        let families = FAMILIES.iter().map(|(_, name)| *name).chain(["Another browser"]);
        for family in families {
            for (_, platform) in PLATFORMS {
                let name = format!("{family} on {platform}");
                assert_eq!(Browser::stored(&name).as_str(), name);
            }
        }
        assert_eq!(Browser::stored(&"x\n".repeat(100)).as_str().len(), Browser::MAX);
    }
}

"""Words the invented data are made of."""

FIRST = (
    "Avelina", "Bastian", "Corvin", "Delphine", "Edda", "Fenno", "Gwendal", "Hesper", "Ilario",
    "Jorunn", "Kasimir", "Linnea", "Mirela", "Niels", "Odalys", "Petronel", "Quirin", "Rosalba",
    "Sunniva", "Tibor", "Ulrike", "Valtteri", "Wiebke", "Xanthe", "Yorick", "Zelda",
)  # fmt: skip
LAST = (
    "Ambergate", "Birkholt", "Castellane", "Dunmarrow", "Eskerby", "Fallowmere", "Greywater",
    "Hollinbeck", "Inverleith", "Jarnefelt", "Kestrelby", "Lindqvarn", "Morrowdale", "Nethercott",
    "Oakhampton", "Pellowe", "Quillfeather", "Ravnsborg", "Silverlock", "Thornquist", "Underwald",
    "Vantongeren", "Westerholme", "Yarrowby", "Zeltmann",
)  # fmt: skip
WORKSPACES = (
    ("acme", "Acme"), ("borealis", "Borealis Works"), ("cobalt-labs", "Cobalt Labs"),
    ("driftwood", "Driftwood"), ("emberline", "Emberline Systems"), ("foxglove", "Foxglove"),
    ("granite-io", "Granite IO"), ("halcyon", "Halcyon Group"),
)  # fmt: skip
PROJECTS = (
    ("WEB", "Website"), ("PLAT", "Platform"), ("DATA", "Data"), ("OPS", "Operations"),
    ("MOB", "Mobile"), ("SEC", "Security"), ("LAB", "Laboratory"), ("DOC", "Documentation"),
)  # fmt: skip
THINGS = (
    "api", "billing", "catalog", "dashboard", "exporter", "frontend", "gateway", "importer",
    "jobs", "keyring", "ledger", "mailer", "notifier", "orders", "portal", "queue", "reports",
    "search", "tokens", "uploads", "vault", "worker",
)  # fmt: skip
KINDS = ("", "service", "client", "tools", "config", "docs", "tests", "infra")
LANGUAGES = ("python", "typescript", "go", "", "java", "rust")
GROUPS = (("administrators", "Administrators"), ("developers", "Developers"),
          ("reviewers", "Reviewers"), ("contractors", "Contractors"))  # fmt: skip
SENTENCES = (
    "Keeps the numbers honest.",
    "Moves things from one place to another, twice on Mondays.",
    "Everything the team agreed on, written down.",
    "Replaces three older programs; two of them still run.",
    "",
)
VERBS = ("Add", "Fix", "Rework", "Remove", "Speed up", "Document", "Test", "Rename")
OBJECTS = (
    "the retry loop", "the login page", "page walking", "an unused import", "error messages",
    "the nightly job", "cache keys", "the build script", "time zones", "the changelog",
)  # fmt: skip

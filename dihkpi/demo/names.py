"""Invented names: hubs, firms with the legal forms of their countries, public bodies."""

from __future__ import annotations

import numpy as np

# name and NUTS 2 region of the first hubs; later ones get names from the two lists below
FOUNDERS = (
    ("Adria", "HR03"), ("Lumi", "EE00"), ("Meltemi", "EL30"), ("Douro", "PT11"), ("Zenne", "BE10"),
    ("Velebit", "HR03"), ("Kuusk", "EE00"), ("Ágora", "EL30"), ("Cortiça", "PT11"), ("Ourthe", "BE33"),
    ("Medvedgrad", "HR05"), ("Vardaris", "EL52"),
)  # fmt: skip
WORDS = """
Amber Aurora Beacon Birch Borealis Cedar Citadel Comet Compass Coral Delta Drift Falcon Fjord Forge Gale
Granite Harbour Heather Horizon Iris Juniper Kestrel Keystone Lagoon Lantern Larch Lighthouse Linden Loom
Lumen Maple Marble Meadow Meridian Mosaic Nimbus Oak Olive Orchard Osprey Pebble Polder Prism Quarry Ridge
Saffron Sail Sierra Silver Sparrow Summit Tern Thyme Tide Umbra Vale Willow Yarrow Zephyr
"""
TAILS = (
    "Digital Hub", "Data Works", "Innovation Yard", "Tech Quay", "Digital Studio", "Digital Lab",
    "Code House", "Smart Factory", "Digital Campus", "Innovation Dock", "Futures Hub", "Digital Forum",
    "Maker Hub", "Digital Gate", "Digital Square", "Cyber Port", "Learning Hub",
)  # fmt: skip

# surnames; trades; places; a public body; the legal form of a firm
TONGUES = {
    "HR": (
        "Čačić Horvat Šimić Đurić Žagar Perković Babić Kovač Marušić Vuković",
        "Strojevi Drvo Logistika Turizam Metal Hrana Brodovi Tekstil",
        "Grad {}|Osnovna škola {}|Dom zdravlja {}",
        "Lipovac Brezje Jasenik Crikva Topolje Kamenjak Dubrava Zelengaj Vrbnica Ružin",
        "d.o.o.",
    ),
    "EE": (
        "Põder Tamm Kask Mägi Õunapuu Jürisson Saar Rebane Pärn Kütt",
        "Puit Tarkvara Metall Logistika Ehitus Mööbel Toit Tekstiil",
        "{} vald|{} põhikool|{} perearstikeskus",
        "Kaseküla Männiku Järveotsa Põldmaa Rannaküla Sõnajala Metsaääre Tammiku Õrgu Kivijõe",
        "OÜ",
    ),
    "EL": (
        "Παπαδάκης Νικολάου Αλεξίου Γεωργίου Δημητρίου Ιωάννου Καραμάνος Λάμπρου Μακρής Φωτίου",
        "Μεταλλική Τρόφιμα Ναυτιλιακή Ξυλεία Τουριστική Λογισμικό Υφαντική Ενέργεια",
        "Δήμος {}|Γυμνάσιο {}|Κέντρο Υγείας {}",
        "Ελαιώνα Πλατανιάς Αμυγδαλιάς Καστανιάς Πευκώνα Λιμνών Πηγών Αμπελιών Κρήνης Γέφυρας",
        "ΙΚΕ",
    ),
    "PT": (
        "Gonçalves Araújo Simões Conceição Magalhães Peixoto Brandão Leitão Sequeira Falcão",
        "Cortiças Têxteis Calçado Moldes Logística Turismo Alimentar Cerâmica",
        "Município de {}|Escola Básica de {}|Centro de Saúde de {}",
        "Ribeira-Mansa Vale-Florido Penedo-Alto Fontaínhas Sobreirinho Carvalhosa Olivalinho Açude Moinhos",
        "Lda.",
    ),
    "BE": (
        "Lefèvre Dubois Peeters Maes Hébert Claes Dupréel Janssens Noël Wouters",
        "Logistique Textiel Metaal Chocolat Imprimerie Bouw Pharma Mobilier",
        "Commune de {}|École communale de {}|Centre public d’action sociale de {}",
        "Boisclair Vieux-Pré Nieuwbeek Hautmont Eikenveld Clairfontaine Valdonne Molenhoek Grandbief",
        "SRL",
    ),
    "": (
        "Nordlund Álvarez Müller Novák Kowalska Rossi Lindström Szabó Ionescu Jansen Ó-Briain Kazlauskas",
        "Metals Foods Timber Logistics Textiles Plastics Machines Software",
        "Municipality of {}|Primary School {}|Health Centre {}",
        "Eastford Brückthal Vallenova Södervik Hradište Nyborgen Castelrio Mezőhegy Lakeside Puertoclaro",
        "",
    ),
}
LEGAL_FORMS = {
    "AT": "GmbH", "BG": "ЕООД", "CZ": "s.r.o.", "DE": "GmbH", "DK": "ApS", "ES": "S.L.", "FI": "Oy",
    "FR": "SARL", "HU": "Kft.", "IT": "S.r.l.", "LT": "UAB", "LU": "S.à r.l.", "LV": "SIA", "NL": "B.V.",
    "PL": "sp. z o.o.", "RO": "S.R.L.", "SE": "AB", "SI": "d.o.o.", "SK": "s.r.o.",
}  # fmt: skip


def hub_name(index: int) -> str:
    """Name of a later hub; no two are the same."""
    words = WORDS.split()
    turn, place = divmod(index, len(words) * len(TAILS))
    row, column = divmod(place, len(words))
    word = f"{words[column]} {turn + 1}" if turn else words[column]
    return f"{word} {TAILS[(row + column) % len(TAILS)]}"


def organisation_names(rng: np.random.Generator, country: str, kind: str, count: int, brand: str) -> np.ndarray:
    """Different names for organisations of one country; ``brand`` stands before the name of a firm."""
    owners, trades, bodies, places, form = TONGUES.get(country, TONGUES[""])
    form = form or LEGAL_FORMS.get(country, "Ltd")
    if kind == "pso":
        pool = [body.format(place) for place in places.split() for body in bodies.split("|")]
    else:
        pairs = [(a, b) for a in owners.split() for b in owners.split()]
        pool = [
            " ".join(filter(None, (brand, a if a == b else f"{a} & {b}", trade, form)))
            for a, b in pairs
            for trade in trades.split()
        ]
    again = -(-count // len(pool))
    pool += [f"{name} {turn}" for turn in range(2, again + 1) for name in pool]
    return np.array(pool, dtype=object)[rng.permutation(len(pool))[:count]]

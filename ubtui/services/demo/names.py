"""Words the sample district is made of: people, streets, organisations, meters; nobody and nowhere real."""

from __future__ import annotations

from typing import Final

Face = tuple[str, str, int, str, int, int, int]
"""Maker, model, dials, unit, multiplier as numerator and denominator; its share of the field."""


def _words(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(between))


GIVEN: Final = _words(
    "Alice Andrea Arturo Barbara Benito Beth Carla Carlos Celia Charles Chieko Clara Daniel David Deborah Denise Diego"
    " Dolores Donna Earl Edith Eduardo Elaine Eleanor Emil Esther Eugene Farid Frances Gail George Gloria Gordon Grace"
    " Harold Hector Helen Henry Hugh Ines Irene Ivan Jack James Janet Jesús Joan Joaquín John Joyce Juan Judith Karen"
    " Keith Kenji Laura Leon Leslie Linda Lois Lorenzo Lucía Luis Lupe Mai Marcus Margaret María Marjorie Martin Mei"
    " Miguel Miriam Nadia Nancy Neil Noel Norma Olga Oscar Pamela Patrick Paul Peter Philip Priya Rachel Ralph Ramón"
    " Raúl Rita Robert Rosa Roy Ruth Samuel Sandra Sara Scott Sharon Sofia Stanley Susan Tamar Teresa Thomas Tran Vera"
    " Victor Viola Virginia Walter Wanda Wei Wendy William Yolanda Yusuf Zoë"
)
FAMILY: Final = _words(
    "Abbott Aguilar Alvarez Anders Arroyo Baca Bailey Barajas Beck Bianchi Bishop Boyle Brandt Brennan Castro Chavez"
    " Cho Coe Conrad Cordova Crane Cruz Dalton Delgado Diaz Dolan Duarte Dunn Ellis Escobar Espinoza Farrell Ferris"
    " Flores Foley Fraser Fuentes Gallo Garcia Gibbs Gomez Grady Greene Guerra Hale Hanna Hayes Herrera Hoang Holt"
    " Huang Ibarra Ito Jarvis Jensen Juárez Kaplan Kaur Keane Kemp Kim Kirby Lam Lara Larkin Le Lindgren Lopez Lowe"
    " Lyons Macias Madsen Marsh Mata Mercer Meyer Molina Moore Mora Nakamura Navarro Nguyen Núñez Nolan Novak"
    " O'Brien Ochoa Olsen Ortega Owens Pacheco Parks Patel Peña Pham Pierce Pratt Quinn Ramos Reyes Rhodes Rios Rivas"
    " Rossi Rowe Ruiz Salas Sandoval Santos Serrano Shaw Silva Singh Soto Stark Stein Sutter Tam Tate Torres Trujillo"
    " Vaca Valdez Vance Vargas Vega Villa Voss Wade Walsh Webb Weiss Whitney Wilder Wong Wyatt Yates Young Zamora"
)
STREETS: Final = _words(
    "Acorn Way|Alder Creek Rd|Bedrock Ln|Bitterbrush Dr|Blue Lupine Ln|Buckeye Ct|Canal Bank Rd|Cedar Ridge Dr"
    "|Chaparral Dr|Claim Stake Ln|Clipper Gap Ct|Covered Bridge Rd|Deer Spring Rd|Ditch Tender Ln|Dogwood Dr"
    "|Flume St|Foothill Blvd|Gold Pan Ct|Granite Bar Rd|Gray Pine Dr|Hard Rock Way|Hidden Ranch Rd|Hydraulic St"
    "|Incense Cedar Ln|Jackrabbit Hill|Kestrel Ct|Lava Cap Way|Long Tom Ln|Madrone Way|Manzanita Dr|Miners Inch Rd"
    "|Monitor Way|Mother Lode Dr|Mule Skinner Ln|Oak Savanna Dr|Orchard Ave|Penstock Rd|Pine Duff Ct|Placer St"
    "|Ponderosa Dr|Quail Covey Ct|Quartz Mill Rd|Red Dirt Rd|Reservoir St|Ridge Top Rd|Rincon Ave|School House Ln"
    "|Siphon Ct|Sluice Box Way|Spring House Rd|Stamp Mill Ln|Sugarloaf Rd|Tailings Ct|Toyon Ct|Tunnel Hill Rd"
    "|Upper Vista Dr|Valley Oak Dr|Weir St|Wild Oat Ln|Yuba Pine Ct",
    "|",
)
TOWNS: Final = (("Rincon Vista", "95902"), ("Quartz Hollow", "95904"), ("Upper Flume", "95906"))
AWAY: Final = (
    ("Sacramento", "CA", "95816"),
    ("Roseville", "CA", "95661"),
    ("Oakland", "CA", "94602"),
    ("San Jose", "CA", "95125"),
    ("Fresno", "CA", "93704"),
    ("Reno", "NV", "89509"),
    ("Carson City", "NV", "89703"),
    ("Eugene", "OR", "97401"),
)
AWAY_STREETS: Final = ("Elm St", "Second Ave", "Park Blvd", "Lake Dr", "College Ave", "Mission St", "Fairview Ave")
BUSINESS: Final = _words(
    "Market|Hardware|Feed & Tack|Café|Laundry|Garage|Inn|Bakery|Dental Office|Nursery|Brewing Co|Storage|Motel"
    "|Lumber|Veterinary Clinic|Grill|Barber Shop|Thrift Store|Machine Shop|Vineyards",
    "|",
)
PUBLIC: Final = _words(
    "Elementary School|Fire Protection District|Community Church|Cemetery District|Grange Hall|Branch Library"
    "|Memorial Park|Veterans Hall",
    "|",
)
MULTI: Final = ("Apartments", "Mobile Home Park", "Court", "Terrace", "Townhomes", "Senior Village")
AGENTS: Final = (
    "Foothill Property Management",
    "Gold Country Rentals",
    "Sierra Crest Realty",
    "Two Forks Management Co",
    "Vista Ridge Leasing",
)
VESTING: Final = (
    "sole owner",
    "sole owner",
    "joint tenants",
    "community property with right of survivorship",
    "trustee of a family trust",
    "tenants in common",
)
NOTES: Final = (
    "front, left of drive",
    "front, right of drive",
    "behind the mailbox",
    "at the gate post",
    "under the oak, brass lid",
    "side yard, by the hose bib",
    "in the planter",
    "shared easement, second lid",
    "alley",
)
FACES: Final[tuple[Face, ...]] = (
    ("Sensus", "SRII", 4, "ccf", 1, 1, 34),
    ("Badger", "M25", 6, "cf", 1, 1, 24),
    ("Neptune", "T-10", 6, "gal", 10, 1, 22),
    ("Master Meter", "BLMJ", 5, "cf", 10, 1, 12),
    ("Badger", "M70", 7, "gal", 1, 1, 8),
)
LARGE_FACE: Final[Face] = ("Neptune", "HP Turbine", 6, "ccf", 1, 1, 1)
INTERTIE_FACE: Final[Face] = ("Sensus", "OMNI T2", 8, "ccf", 1, 1, 1)
AGENCIES: Final = ("Quartz Hollow Mutual Water Company", "Town of Upper Flume")
GARDEN_FACE: Final = FACES[1]
SIZES: Final = {
    "residential": ("5/8", "3/4", "3/4", "1"),
    "multi": ("1", "1-1/2", "2"),
    "commercial": ("3/4", "1", "1-1/2", "2"),
    "institutional": ("2", "3"),
    "irrigation": ("3/4", "1"),
    "agency": ("6", "8"),
}
TESTED: Final = {"1-1/2": 4, "2": 4, "3": 3, "4": 2, "6": 1, "8": 1}
"""Sizes that are tested, and every how many years."""
SUMMER: Final = frozenset({5, 6, 7, 8, 9, 10})
# Use of a two-month period by the month of its bill, in thousandths of the year's average.
SEASON: Final = (780, 750, 790, 870, 990, 1130, 1280, 1320, 1230, 1070, 930, 830)
GARDEN: Final = (0, 0, 0, 250, 900, 1600, 2100, 2200, 1900, 1300, 500, 0)

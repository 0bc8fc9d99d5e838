"""How much a file may cost. Of what is beyond the text's own bound the beginning is read; all else is no reading."""

MEMORY_BYTES = 512 * 1024 * 1024  # of the child's address space
CPU_SECONDS = 10
WALL_SECONDS = 12.0  # the claim of a file lasts 45 s, and its bytes may take 30 to come
UNPACKED_BYTES = 50 * 1024 * 1024  # of a document's parts together (CAP-3)
PARTS = 2000  # of a packed document
PAGES = 200  # of a PDF
TEXT_CHARACTERS = 60_000  # some thirty pages: what is asked for stands at the beginning, and each chunk costs
TEXT_BYTES = 4 * TEXT_CHARACTERS
CELLS = 50_000  # of a spreadsheet

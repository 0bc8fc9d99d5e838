"""Why a file gives no text, as its readers say it."""


class TooLarge(Exception):
    """It would unfold to more than we take."""


class Encrypted(Exception):
    """Only somebody with the password reads it."""


class NotReadable(Exception):
    """Broken, empty, or of a kind that holds no words we can get at."""

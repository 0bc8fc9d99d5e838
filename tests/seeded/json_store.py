"""Faults of the walls around JSON stores: which folder is opened, and whether what it says is believed."""

from __future__ import annotations

from tests.seeded.running import Fault

HOME, STORES = "apps/platforms/adapters/json_store/", "tests/platforms/test_json_store.py::test_"

FAULTS = (
    Fault("a company reads another company's folder", f"{HOME}config.py",
          'if not self._company or self.folder.rpartition("/")[2] != self._company:', "if not self._company:",
          (f"{STORES}no_folder_but_the_companys_own_below_the_root_is_opened",)),
    Fault("a link leads out of the root", f"{HOME}folder.py",
          "os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC", "os.O_DIRECTORY | os.O_CLOEXEC",
          (f"{STORES}no_link_and_nothing_but_a_plain_file_is_opened",)),
    Fault("a damaged file is read", f"{HOME}book.py",
          "if self._digests[self.size] != sealed.sha256:", "if not sealed.sha256:",
          (f"{STORES}what_is_broken_is_named_with_its_place_and_does_what_the_page_says",)),
    Fault("a file that was written anew is read on in the middle", f"{HOME}adapter.py",
          "offset = at.offset if at.sha256 and store.digest(name, at.size) == at.sha256 else 0", "offset = at.offset",
          (f"{STORES}a_file_changed_before_where_we_were_is_read_anew",)),
)  # fmt: skip

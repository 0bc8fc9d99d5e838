"""The folder of collections: one owner, a folder each, aliases in a file that is replaced whole."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path
from typing import Any

import orjson
from qdrant_edge import EdgeShard

from embedded.vectors.collection import Collection
from embedded.vectors.errors import BadCall, Conflict, Missing, Taken, Unsupported, mapping, needed, read, sequence
from embedded.vectors.points import engine_config

_NAME = re.compile(r"\A[a-z0-9_-]{1,60}\Z")
_UNFINISHED = (".new", ".gone")  # no collection's name has a full stop


class Store:
    """Owns a folder of collections. The lock is taken before any shard is opened: a second load, even a refused one,
    makes every later flush of the first holder fail. Raises Taken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "owner.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise Taken(f"{folder} is served by another process") from exc
        for left in folder.iterdir():
            if left.suffix in _UNFINISHED and left.is_dir():
                shutil.rmtree(left)
        self.collections = {one.parent.name: Collection(one.parent) for one in folder.glob("*/edge_config.json")}
        for collection in self.collections.values():
            collection.tidy()
        self.aliases = self._read_aliases()

    def close(self) -> None:
        for collection in self.collections.values():
            collection.close()
        self._lock.close()

    def flush(self) -> None:
        """Flush what has changed since the last time."""
        for collection in list(self.collections.values()):
            if collection.unflushed:
                collection.flush()

    def collection(self, name: str) -> Collection:
        """By its name or an alias. Raises Missing."""
        try:
            return self.collections[self.aliases.get(name, name)]
        except KeyError:
            raise Missing(f"Not found: Collection `{name}` doesn't exist!") from None

    def exists(self, name: str) -> dict[str, bool]:
        return {"exists": self.aliases.get(name, name) in self.collections}

    def listed(self) -> dict[str, Any]:
        return {"collections": [{"name": name} for name in sorted(self.collections)]}

    def create(self, name: str, body: Any) -> bool:
        """Made aside and renamed: a kill leaves a whole collection or none."""
        if not _NAME.match(name):
            raise BadCall(f"collection name {name!r}: a-z, 0-9, _ and - only")
        if name in self.collections or name in self.aliases:
            raise Conflict(f"Wrong input: Collection `{name}` already exists!")
        config = engine_config(body)
        draft = self.folder / f"{name}.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        EdgeShard.create(str(draft), config).close()
        draft.rename(self.folder / name)
        self.collections[name] = Collection(self.folder / name)
        return True

    def drop(self, name: str) -> bool:
        """Remove the collection and the aliases that lead to it. False when there is none."""
        collection = self.collections.pop(name, None)
        if collection is None:
            return False
        self._keep_aliases({one: to for one, to in self.aliases.items() if to != name})
        collection.close()
        gone = collection.folder.rename(self.folder / f"{name}.gone")
        shutil.rmtree(gone)
        return True

    def listed_aliases(self, collection: str | None = None) -> dict[str, Any]:
        pairs = sorted(self.aliases.items())
        return {
            "aliases": [
                {"alias_name": one, "collection_name": to}
                for one, to in pairs
                if collection is None or to == collection
            ]
        }

    def change_aliases(self, value: Any) -> bool:
        """All of the actions or none, in their order."""
        aliases = dict(self.aliases)
        body = read(value, "aliases", known=("actions",))
        for action in sequence(needed(body, "actions", "aliases"), "actions"):
            self._change(aliases, mapping(action, "action"))
        self._keep_aliases(aliases)
        return True

    def _change(self, aliases: dict[str, str], action: dict[str, Any]) -> None:
        if "create_alias" in action:
            one = read(action["create_alias"], "create_alias", known=("alias_name", "collection_name"))
            name, target = needed(one, "alias_name", "alias"), needed(one, "collection_name", "alias")
            if target not in self.collections:
                raise Missing(f"Not found: Collection `{target}` doesn't exist!")
            if name in self.collections:
                raise Conflict(f"Wrong input: `{name}` is the name of a collection")
            aliases[name] = target
        elif "delete_alias" in action:
            aliases.pop(needed(mapping(action["delete_alias"], "alias"), "alias_name", "alias"), None)
        elif "rename_alias" in action:
            one = read(action["rename_alias"], "rename_alias", known=("old_alias_name", "new_alias_name"))
            old, new = needed(one, "old_alias_name", "alias"), needed(one, "new_alias_name", "alias")
            if old not in aliases:
                raise Missing(f"Not found: Alias `{old}` doesn't exist!")
            aliases[new] = aliases.pop(old)
        else:
            raise Unsupported(f"alias action {', '.join(sorted(action))}")

    def _keep_aliases(self, aliases: dict[str, str]) -> None:
        if aliases == self.aliases:
            return
        draft = self.folder / "aliases.json.new"
        with draft.open("wb") as file:
            file.write(orjson.dumps(aliases))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / "aliases.json")
        self.aliases = aliases

    def _read_aliases(self) -> dict[str, str]:
        file = self.folder / "aliases.json"
        found: dict[str, str] = orjson.loads(file.read_bytes()) if file.exists() else {}
        return {one: to for one, to in found.items() if to in self.collections}

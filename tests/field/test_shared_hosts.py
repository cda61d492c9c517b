"""Hosts that serve everybody's content: what the linter says about each as an allow indicator."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.field.rows import Row, each
from troubleshooting.domain.advice.lint_values import about_value
from troubleshooting.domain.advice.linter import LintContext
from troubleshooting.domain.advice.shared_hosts import SHARED_HOSTS
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import parse_value

REFUSED, SUFFIX, TENANT, NOTHING, WHOLE = "shared_host", "public_suffix", "shared_tenant", "", "whole_domain"

GITHUB = "docs.github.com: GitHub's domains"
LIST = "publicsuffix.org, private section"
LOTS = "lots-project.com"
AZURE = "learn.microsoft.com: Azure Storage accounts"

HOSTS = (
    Row("raw.githubusercontent.com", REFUSED, "field case C41"),
    Row("objects.githubusercontent.com", REFUSED, "field case C41"),
    Row("gist.githubusercontent.com", REFUSED, "field case C41", "looks like one customer's"),
    Row("codeload.github.com", REFUSED, "field case C41"),
    Row("run.plnkr.co", REFUSED, "field case C41", "previews of all users"),
    Row("plnkr.co", REFUSED, "plnkr/feedback issue 542"),
    Row("github.com", REFUSED, GITHUB),
    Row("api.github.com", REFUSED, GITHUB),
    Row("release-assets.githubusercontent.com", REFUSED, GITHUB),
    Row("avatars.githubusercontent.com", REFUSED, GITHUB),
    Row("githubusercontent.com", SUFFIX, LIST),
    Row("github.io", SUFFIX, LIST),
    Row("alice.github.io", TENANT, LIST),
    Row("gitlab.com", REFUSED, LOTS),
    Row("alice.gitlab.io", TENANT, LIST),
    Row("dev.azure.com", REFUSED, "learn.microsoft.com: Azure DevOps allowed domains"),
    Row("contoso.visualstudio.com", TENANT, "learn.microsoft.com: Azure DevOps allowed domains"),
    Row("blob.core.windows.net", SUFFIX, "field case C43"),
    Row("contoso.blob.core.windows.net", TENANT, "field case C43"),
    Row("dfs.core.windows.net", REFUSED, AZURE),
    Row("contoso.dfs.core.windows.net", TENANT, AZURE),
    Row("amazonaws.com", REFUSED, "field case C43"),
    Row("s3.amazonaws.com", SUFFIX, "field case C43"),
    Row("bucket.s3.amazonaws.com", TENANT, LIST),
    Row("azureedge.net", SUFFIX, "field case C43"),
    Row("sharepoint.com", REFUSED, "field case C43"),
    Row("contoso.sharepoint.com", TENANT, "field case C43"),
    Row("foo.workers.dev", TENANT, "field case C43"),
    Row("duckdns.org", SUFFIX, "field case C43"),
    Row("trycloudflare.com", SUFFIX, "field case C43"),
    Row("storage.googleapis.com", REFUSED, "cloud.google.com/storage: request endpoints"),
    Row("firebasestorage.googleapis.com", REFUSED, LOTS),
    Row("lh3.googleusercontent.com", REFUSED, LOTS),
    Row("drive.usercontent.google.com", REFUSED, LOTS),
    Row("docs.google.com", REFUSED, LOTS),
    Row("www.dropbox.com", REFUSED, LOTS),
    Row("uc1234567890.dl.dropboxusercontent.com", REFUSED, LOTS),
    Row("app.box.com", REFUSED, "support.box.com: custom subdomains"),
    Row("contoso.box.com", TENANT, "support.box.com: custom subdomains"),
    Row("onedrive.live.com", REFUSED, LOTS),
    Row("www.mediafire.com", REFUSED, LOTS),
    Row("files.catbox.moe", REFUSED, LOTS),
    Row("f002.backblazeb2.com", REFUSED, "backblaze.com: native URLs of B2"),
    Row("gateway.pinata.cloud", REFUSED, "docs.ipfs.tech: gateways"),
    Row("ipfs.io", REFUSED, "docs.ipfs.tech: gateways"),
    Row("objectstorage.eu-frankfurt-1.oraclecloud.com", REFUSED, "docs.oracle.com: Object Storage endpoints"),
    Row("contoso.fa.us2.oraclecloud.com", NOTHING, "generic", "one company's application"),
    Row("cdn.discordapp.com", REFUSED, LOTS),
    Row("media.discordapp.net", REFUSED, LOTS),
    Row("files.slack.com", REFUSED, LOTS),
    Row("t.me", REFUSED, LOTS),
    Row("www.youtube.com", REFUSED, LOTS),
    Row("pastebin.com", REFUSED, LOTS),
    Row("cdpn.io", REFUSED, LOTS),
    Row("s.codepen.io", REFUSED, LOTS),
    Row("forms.office.com", REFUSED, LOTS),
    Row("sites.google.com", REFUSED, LOTS),
    Row("alice.wordpress.com", TENANT, LOTS),
    Row("www.notion.so", REFUSED, LOTS),
    Row("contoso.notion.site", TENANT, LIST),
    Row("cdn.jsdelivr.net", REFUSED, "field case C44"),
    Row("fastly.jsdelivr.net", REFUSED, "jsdelivr.com: serves npm and GitHub"),
    Row("unpkg.com", REFUSED, "field case C44"),
    Row("raw.githack.com", REFUSED, "raw.githack.com: serves GitHub and GitLab"),
    Row("d111111abcdef8.cloudfront.net", TENANT, LIST),
    Row("contoso.akamaized.net", TENANT, "techdocs.akamai.com: edge hostnames"),
    Row("ngrok-free.app", SUFFIX, LIST),
    Row("abc.ngrok-free.app", TENANT, LIST),
    Row("devtunnels.ms", REFUSED, "learn.microsoft.com: dev tunnels"),
    Row("nip.io", REFUSED, "nip.io: a name for any IP address"),
    # --- Package registries ---
    Row("registry-1.docker.io", REFUSED, "field case C44"),
    Row("ghcr.io", REFUSED, "field case C44"),
    Row("auth.docker.io", REFUSED, "docs.docker.com: Docker Hub"),
    Row("hub.docker.com", REFUSED, "docs.docker.com: Docker Hub"),
    Row("www.docker.com", NOTHING, "generic", "the maker's own site"),
    Row("quay.io", REFUSED, "docs.redhat.com: Quay.io"),
    Row("us-docker.pkg.dev", REFUSED, "cloud.google.com: Artifact Registry"),
    Row("public.ecr.aws", REFUSED, "docs.aws.amazon.com: Amazon ECR Public"),
    Row("contoso.azurecr.io", TENANT, "learn.microsoft.com: Azure Container Registry"),
    Row(
        "mcr.microsoft.com",
        NOTHING,
        "learn.microsoft.com: Microsoft Artifact Registry",
        "Microsoft alone publishes there",
    ),
    Row("registry.npmjs.org", REFUSED, "docs.npmjs.com: creating and publishing packages"),
    Row("npm.pkg.github.com", REFUSED, "docs.github.com: working with GitHub Packages"),
    Row("pypi.org", REFUSED, "packaging.python.org: uploading to PyPI"),
    Row("pythonhosted.org", REFUSED, "packaging.python.org: uploading to PyPI"),
    Row("static.crates.io", REFUSED, "doc.rust-lang.org: publishing on crates.io"),
    Row("rubygems.org", REFUSED, "guides.rubygems.org: publishing your gem"),
    Row("repo1.maven.org", REFUSED, "central.sonatype.org: publish"),
    Row("api.nuget.org", REFUSED, "learn.microsoft.com: publish NuGet packages"),
    Row("www.powershellgallery.com", REFUSED, "learn.microsoft.com: PowerShell Gallery"),
    Row("community.chocolatey.org", REFUSED, "docs.chocolatey.org: create packages"),
    Row("proxy.golang.org", REFUSED, "go.dev: module proxy"),
    Row("conda.anaconda.org", REFUSED, "docs.anaconda.com: uploading packages"),
    Row("marketplace.visualstudio.com", REFUSED, "code.visualstudio.com: publishing extensions"),
    Row("ms-python.gallerycdn.vsassets.io", TENANT, "code.visualstudio.com: publishing extensions"),
    Row("huggingface.co", REFUSED, "huggingface.co/docs/hub: uploading models"),
    Row("cdn-lfs.hf.co", REFUSED, "huggingface.co/docs/hub: uploading models"),
    Row("packages.example.net", NOTHING, "microsofthackathons/MicroClaw issue 191", "a company's own"),
    # --- Others ---
    Row("www.contoso.com", NOTHING, "generic"),
    Row("contoso.com", WHOLE, "generic"),
    Row("shop.example.com", NOTHING, "generic"),
)


def codes(value: str) -> str:
    """Return the codes of what the linter finds about an allow indicator."""
    found = about_value(parse_value(ExclusionKind.ALLOW_INDICATOR, value), LintContext())
    return " ".join(finding.code.value for finding in found)


@each(HOSTS)
def test_a_host_of_everybodys_content_is_refused_and_one_customers_is_pointed_out(row: Row):
    assert codes(row.fed) == row.right


ABOVE = {"amazonaws.com"}  # refused for the shared hosts below it; no page of it is anybody's


@each([row for row in HOSTS if row.right in {REFUSED, TENANT} and row.fed not in ABOVE])
def test_a_page_on_a_shared_host_is_pointed_out(row: Row):
    found = codes(f"https://{row.fed}/page").split()

    assert {"shared_page", "shared_tenant"} & {*found}


def test_a_registry_is_refused_with_who_can_put_a_wrong_block_right():
    (finding,) = about_value(parse_value(ExclusionKind.ALLOW_INDICATOR, "registry.npmjs.org"), LintContext())

    assert "anyone can publish packages there" in str(finding.text)
    assert "Microsoft" in str(finding.narrower)


def test_each_host_of_the_table_stands_once_with_reason_and_source():
    names = [name for row in SHARED_HOSTS for name in row.names]

    assert len(names) == len(set(names))
    assert all(row.reason and row.source and row.names for row in SHARED_HOSTS)


@given(st.sampled_from(sorted({name for row in SHARED_HOSTS for name in row.names})))
def test_no_host_of_the_table_is_ever_allowed(name: str):
    found = about_value(parse_value(ExclusionKind.ALLOW_INDICATOR, name), LintContext())

    assert any(finding.is_refusal for finding in found)

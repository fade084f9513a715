//! The document, in libvirt's layout.

use std::fmt::Display;

use virtargv_caps::{Sgx, Usable};
use virtargv_model::Spelled as _;
use virtargv_model::write::Writer;

use super::{
    CpuCapabilities, DeviceCapabilities, DomainCapabilities, FeatureCapabilities, HostModel, NamedModel,
    OsCapabilities, SevCapabilities,
};

impl DomainCapabilities {
    /// The document, as `virsh domcapabilities` prints it.
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.element("domainCapabilities").children(|w| {
            w.text_element("path", &self.path);
            w.text_element("domain", self.virt_type);
            w.text_element("machine", &self.machine);
            w.text_element("arch", self.arch);
            if self.max_vcpus > 0 {
                w.element("vcpu").attr("max", self.max_vcpus).empty();
            }
            flag(w, "iothreads", self.iothreads);
            os(w, &self.os);
            cpu(w, &self.cpu);
            if let Some(sources) = &self.memory_backing {
                supported(w, "memoryBacking", |w| list(w, "sourceType", sources));
            }
            w.element("devices").children(|w| devices(w, &self.devices));
            w.element("features").children(|w| features(w, &self.features));
        });
        w.finish()
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// `<name supported=/>`
fn flag(w: &mut Writer, name: &str, is: bool) {
    w.element(name).attr("supported", yes_no(is)).empty();
}

/// `<name supported='yes'>` with its content.
fn supported(w: &mut Writer, name: &str, body: impl FnOnce(&mut Writer)) {
    w.element(name).attr("supported", "yes").open_children(body);
}

/// As [`supported`] where it `is`, else without content.
fn if_supported(w: &mut Writer, name: &str, is: bool, body: impl FnOnce(&mut Writer)) {
    if is { supported(w, name, body) } else { flag(w, name, false) }
}

/// `<enum name=>` with its values.
fn list<T: Display>(w: &mut Writer, name: &str, values: &[T]) {
    w.element("enum")
        .attr("name", name)
        .children(|w| values.iter().for_each(|value| w.text_element("value", value)));
}

fn os(w: &mut Writer, os: &OsCapabilities) {
    supported(w, "os", |w| {
        list(w, "firmware", &os.firmware);
        if let Some(features) = &os.firmware_features {
            supported(w, "firmwareFeatures", |w| {
                list(w, "secureBoot", &features.secure_boot);
                list(w, "enrolledKeys", &features.enrolled_keys);
            });
        }
        supported(w, "loader", |w| {
            os.loader.images.iter().for_each(|image| w.text_element("value", image));
            list(w, "type", &os.loader.kinds);
            list(w, "readonly", &os.loader.readonly);
            list(w, "secure", &os.loader.secure);
        });
        if let Some(has) = os.varstore {
            flag(w, "varstore", has);
        }
    });
}

fn cpu(w: &mut Writer, cpu: &CpuCapabilities) {
    w.element("cpu").children(|w| {
        let mode = |w: &mut Writer, name: &str, values: Option<&Vec<_>>, known: &str| {
            let tag = w.element("mode").attr("name", name).attr("supported", yes_no(values.is_some()));
            tag.children(|w| {
                if let Some(values) = values.filter(|_| cpu.knows_migratable) {
                    list(w, known, values);
                }
            });
        };
        mode(w, "host-passthrough", cpu.host_passthrough.as_ref(), "hostPassthroughMigratable");
        if cpu.knows_maximum {
            mode(w, "maximum", cpu.maximum.as_ref(), "maximumMigratable");
        }
        let tag = w.element("mode").attr("name", "host-model");
        tag.attr("supported", yes_no(cpu.host_model.is_some())).children(|w| {
            if let Some(model) = &cpu.host_model {
                host_model(w, model);
            }
        });
        let tag = w.element("mode").attr("name", "custom");
        tag.attr("supported", yes_no(!cpu.custom.is_empty()))
            .children(|w| cpu.custom.iter().for_each(|model| named_model(w, model)));
    });
}

fn host_model(w: &mut Writer, model: &HostModel) {
    w.element("model").attr("fallback", model.fallback).text(&model.model);
    w.opt_text_element("vendor", model.vendor.as_ref());
    if let Some(bits) = model.max_phys_addr {
        w.element("maxphysaddr").attr("mode", "passthrough").attr("limit", bits).empty();
    }
    for (name, policy) in &model.features {
        w.element("feature").attr("policy", policy.name()).attr("name", name).empty();
    }
}

fn named_model(w: &mut Writer, model: &NamedModel) {
    let usable = match model.usable {
        Usable::Unknown => "unknown",
        Usable::Yes => "yes",
        Usable::No => "no",
    };
    let vendor = model.vendor.as_ref().map(|vendor| vendor.as_deref().unwrap_or("unknown"));
    w.element("model")
        .attr("usable", usable)
        .opt("deprecated", model.deprecated.then_some("yes"))
        .opt("vendor", vendor)
        .opt("canonical", model.canonical.as_ref())
        .text(&model.name);
    if let Some(blockers) = model.blockers.as_ref().filter(|blockers| !blockers.is_empty()) {
        w.element("blockers").attr("model", &model.name).children(|w| {
            for name in blockers {
                w.element("feature").attr("name", name).empty();
            }
        });
    }
}

fn devices(w: &mut Writer, devices: &DeviceCapabilities) {
    supported(w, "disk", |w| {
        list(w, "diskDevice", &devices.disk.device);
        list(w, "bus", &devices.disk.bus);
        list(w, "model", &devices.disk.model);
    });
    supported(w, "graphics", |w| list(w, "type", &devices.graphics));
    supported(w, "video", |w| list(w, "modelType", &devices.video));
    supported(w, "hostdev", |w| {
        let hostdev = &devices.hostdev;
        list(w, "mode", &hostdev.mode);
        list(w, "startupPolicy", &hostdev.startup_policy);
        list(w, "subsysType", &hostdev.subsys_type);
        // Of containers.
        list::<&str>(w, "capsType", &[]);
        list(w, "pciBackend", &hostdev.pci_backend);
        if let Some(iommufd) = &hostdev.iommufd {
            list(w, "iommufd", iommufd);
        }
    });
    supported(w, "rng", |w| {
        list(w, "model", &devices.rng.model);
        list(w, "backendModel", &devices.rng.backend);
    });
    if let Some(drivers) = &devices.filesystem {
        if_supported(w, "filesystem", !drivers.is_empty(), |w| list(w, "driverType", drivers));
    }
    if let Some(tpm) = &devices.tpm {
        if_supported(w, "tpm", tpm.is_supported(), |w| {
            list(w, "model", &tpm.model);
            list(w, "backendModel", &tpm.backend);
            list(w, "backendVersion", &tpm.version);
        });
    }
    if let Some(buses) = &devices.redirdev {
        if_supported(w, "redirdev", !buses.is_empty(), |w| list(w, "bus", buses));
    }
    if let Some(types) = &devices.channel {
        supported(w, "channel", |w| list(w, "type", types));
    }
    if let Some(crypto) = &devices.crypto {
        supported(w, "crypto", |w| {
            list(w, "model", &crypto.model);
            list(w, "type", &crypto.kind);
            list(w, "backendModel", &crypto.backend);
        });
    }
    if let Some(backends) = &devices.interface {
        supported(w, "interface", |w| list(w, "backendType", backends));
    }
    if let Some(models) = &devices.panic {
        if_supported(w, "panic", !models.is_empty(), |w| list(w, "model", models));
    }
    if let Some(types) = &devices.console {
        supported(w, "console", |w| list(w, "type", types));
    }
}

fn features(w: &mut Writer, features: &FeatureCapabilities) {
    let versions: Vec<&str> = features.gic.iter().map(|version| version.name()).collect();
    if_supported(w, "gic", !versions.is_empty(), |w| list(w, "version", &versions));
    let flags = [
        ("vmcoreinfo", Some(features.vmcoreinfo)),
        ("genid", Some(features.genid)),
        ("backingStoreInput", Some(features.backing_store_input)),
        ("backup", Some(features.backup)),
        ("async-teardown", features.async_teardown),
        ("s390-pv", features.s390_pv),
        ("ps2", features.ps2),
        ("tdx", features.tdx),
    ];
    for (name, is) in flags {
        if let Some(is) = is {
            flag(w, name, is);
        }
    }
    match &features.sev {
        None => flag(w, "sev", false),
        Some(sev) => supported(w, "sev", |w| self::sev(w, sev)),
    }
    match &features.sgx {
        None => {}
        Some(None) => flag(w, "sgx", false),
        Some(Some(sgx)) => supported(w, "sgx", |w| self::sgx(w, sgx)),
    }
    if let Some(known) = &features.hyperv {
        let words: Vec<&str> = known.iter().map(|feature| feature.as_str()).collect();
        supported(w, "hyperv", |w| list(w, "features", &words));
    }
    if let Some(types) = &features.launch_security {
        if_supported(w, "launchSecurity", !types.is_empty(), |w| list(w, "sectype", types));
    }
}

fn sev(w: &mut Writer, sev: &SevCapabilities) {
    w.text_element("cbitpos", sev.cbitpos);
    w.text_element("reducedPhysBits", sev.reduced_phys_bits);
    if let Some(guests) = &sev.guests {
        w.text_element("maxGuests", guests.plain);
        w.text_element("maxESGuests", guests.encrypted_state);
    }
    w.opt_text_element("cpu0Id", sev.cpu0_id.as_ref());
}

fn sgx(w: &mut Writer, sgx: &Sgx) {
    w.text_element("flc", yes_no(sgx.flc));
    w.text_element("sgx1", yes_no(sgx.sgx1));
    w.text_element("sgx2", yes_no(sgx.sgx2));
    w.element("section_size").attr("unit", "KiB").text(sgx.section_size_kib);
    if !sgx.sections.is_empty() {
        w.element("sections").children(|w| {
            for section in &sgx.sections {
                let tag = w.element("section").attr("node", section.node);
                tag.attr("size", section.size_kib).attr("unit", "KiB").empty();
            }
        });
    }
}

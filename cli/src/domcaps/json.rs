//! Domain capabilities as one JSON object; `docs/domcaps.md` tells its members.

use std::fmt::Display;

use serde_json::{Value, json};
use virtargv::Release;
use virtargv::domcaps::{CpuCapabilities, DeviceCapabilities, DomainCapabilities, FeatureCapabilities};
use virtargv::model::Spelled as _;
use virtargv_caps::Usable;

use crate::json;

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

/// The object, on a line of its own.
pub(super) fn object(told: &DomainCapabilities, release: Release) -> String {
    let os = &told.os;
    let parts = json!({
        "path": told.path,
        "domain": told.virt_type.as_str(),
        "machine": told.machine,
        "arch": told.arch.name(),
        "max-vcpus": told.max_vcpus,
        "iothreads": told.iothreads,
        "os": {
            "firmware": words(&os.firmware),
            "firmware-features": os.firmware_features.as_ref().map(|features| json!({
                "secure-boot": words(&features.secure_boot),
                "enrolled-keys": words(&features.enrolled_keys),
            })),
            "loader": {
                "images": os.loader.images,
                "type": words(&os.loader.kinds),
                "readonly": words(&os.loader.readonly),
                "secure": words(&os.loader.secure),
            },
            "varstore": os.varstore,
        },
        "cpu": cpu(&told.cpu),
        "memory-backing": told.memory_backing.as_deref().map(words),
        "devices": devices(&told.devices),
        "features": features(&told.features),
        "unknown": told.unknown,
    });
    format!("{}\n", json::object(LAYOUT, Some(release), parts))
}

fn words<T: Display>(words: &[T]) -> Value {
    words.iter().map(ToString::to_string).collect()
}

fn cpu(cpu: &CpuCapabilities) -> Value {
    let host_model = cpu.host_model.as_ref().map(|model| {
        let features: Vec<Value> = model
            .features
            .iter()
            .map(|(name, policy)| json!({ "name": name, "policy": policy.name() }))
            .collect();
        json!({
            "model": model.model, "fallback": model.fallback.as_str(), "vendor": model.vendor,
            "max-phys-addr": model.max_phys_addr, "features": features,
        })
    });
    let models: Vec<Value> = cpu
        .custom
        .iter()
        .map(|model| {
            let usable = match model.usable {
                Usable::Yes => json!(true),
                Usable::No => json!(false),
                Usable::Unknown => Value::Null,
            };
            json!({
                "name": model.name, "usable": usable, "deprecated": model.deprecated, "vendor": model.vendor.clone().flatten(),
                "canonical": model.canonical, "blockers": model.blockers,
            })
        })
        .collect();
    json!({
        "host-passthrough": cpu.host_passthrough.as_deref().map(words),
        "maximum": cpu.maximum.as_deref().map(words),
        "host-model": host_model,
        "custom": models,
    })
}

fn devices(devices: &DeviceCapabilities) -> Value {
    json!({
        "disk": {
            "device": words(&devices.disk.device), "bus": words(&devices.disk.bus),
            "model": words(&devices.disk.model),
        },
        "graphics": words(&devices.graphics),
        "video": words(&devices.video),
        "hostdev": {
            "mode": words(&devices.hostdev.mode), "startup-policy": devices.hostdev.startup_policy,
            "type": words(&devices.hostdev.subsys_type), "pci-backend": devices.hostdev.pci_backend,
            "iommufd": devices.hostdev.iommufd.as_deref().map(words),
        },
        "rng": { "model": words(&devices.rng.model), "backend": words(&devices.rng.backend) },
        "filesystem": devices.filesystem.as_deref().map(words),
        "tpm": devices.tpm.as_ref().map(|tpm| json!({
            "model": words(&tpm.model), "backend": words(&tpm.backend), "version": words(&tpm.version),
        })),
        "redirdev": devices.redirdev.as_deref().map(words),
        "channel": devices.channel.as_deref().map(words),
        "crypto": devices.crypto.as_ref().map(|crypto| json!({
            "model": words(&crypto.model), "type": words(&crypto.kind), "backend": words(&crypto.backend),
        })),
        "interface": devices.interface.as_deref().map(words),
        "panic": devices.panic.as_deref().map(words),
        "console": devices.console.as_deref().map(words),
    })
}

fn features(features: &FeatureCapabilities) -> Value {
    let gic: Vec<&str> = features.gic.iter().map(|version| version.name()).collect();
    json!({
        "gic": gic,
        "vmcoreinfo": features.vmcoreinfo,
        "genid": features.genid,
        "backing-store-input": features.backing_store_input,
        "backup": features.backup,
        "async-teardown": features.async_teardown,
        "s390-pv": features.s390_pv,
        "ps2": features.ps2,
        "tdx": features.tdx,
        "sev": features.sev.as_ref().map(|sev| json!({
            "cbitpos": sev.cbitpos, "reduced-phys-bits": sev.reduced_phys_bits, "cpu0-id": sev.cpu0_id,
            "guests": sev.guests.map(|guests| guests.plain),
            "encrypted-state-guests": sev.guests.map(|guests| guests.encrypted_state),
        })),
        "sgx": features.sgx.as_ref().and_then(Option::as_ref).map(|sgx| {
            let sections: Vec<Value> = sgx
                .sections
                .iter()
                .map(|section| json!({ "node": section.node, "size-kib": section.size_kib }))
                .collect();
            json!({
                "flc": sgx.flc, "sgx1": sgx.sgx1, "sgx2": sgx.sgx2, "size-kib": sgx.section_size_kib,
                "sections": sections,
            })
        }),
        "hyperv": features.hyperv.as_deref().map(words),
        "launch-security": features.launch_security.as_deref().map(words),
    })
}

{{/* What the scheduler reads as NOTEBAY_KUBERNETES_CONFIG. */}}
{{- define "notebay.kubernetesConfig" -}}
{{- $v := .Values -}}
installation: {{ $v.installation }}
namespace: {{ $v.sessions.namespace }}
images:
  agent: {{ include "notebay.image" (list . "runtimeAgent") }}
  default: {{ $v.sessions.image | quote }}
  allowed: {{ toJson $v.sessions.allowedImages }}
scheduler:
  address: {{ .Release.Name }}-scheduler.{{ .Release.Namespace }}.svc:7410
  tokenAudience: {{ $v.installation }}
jwt:
  issuer: {{ $v.oidc.issuer | quote }}
  jwks: {{ $v.oidc.jwks | quote }}
defaults:
  tolerations: {{ toJson $v.sessions.tolerations }}
  nodeSelector: {{ toJson $v.sessions.nodeSelector }}
  ephemeralStorage: {{ $v.sessions.ephemeralStorage }}
  runtimeClass: {{ $v.sessions.runtimeClass | quote }}
acceleratorClasses: {{ toJson $v.acceleratorClasses }}
storage:
  storageClass: {{ $v.storage.storageClass | quote }}
  accessMode: {{ $v.storage.accessMode }}
{{- end }}

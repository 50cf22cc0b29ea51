{{/* Labels of everything; the argument is a pair of the root and the component. */}}
{{- define "notebay.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: notebay
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: notebay
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{/* Labels that never change, by which pods of a component are selected. */}}
{{- define "notebay.selector" -}}
app.kubernetes.io/name: notebay
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Image of a component; the argument is a pair of the root and the component's key in images. */}}
{{- define "notebay.image" -}}
{{- $images := (index . 0).Values.images -}}
{{- $image := index $images (index . 1) -}}
{{- if $image.digest -}}
{{ $images.registry }}/{{ $image.name }}@{{ $image.digest }}
{{- else -}}
{{ $images.registry }}/{{ $image.name }}:{{ $images.tag | default (index . 0).Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Peers that scrape. */}}
{{- define "notebay.scrapers" -}}
{{- toYaml .Values.monitoring.from -}}
{{- end }}

{{/* Pod Security Standard restricted, for a pod of our own. */}}
{{- define "notebay.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The same, for its container. */}}
{{- define "notebay.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Where the database is, from its Secret. */}}
{{- define "notebay.databaseEnvironment" -}}
- name: NOTEBAY_DB_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: url}}
- name: NOTEBAY_DB_USER
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: user}}
- name: NOTEBAY_DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: password}}
{{- end }}

{{/* Spread over machines, so that one that dies takes one replica. */}}
{{- define "notebay.spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "notebay.selector" . | nindent 6 }}
{{- end }}

{{/* What a service does and may do is said by gRPC; whether it is of use now, by its own checks. */}}
{{- define "notebay.probes" -}}
startupProbe:
  grpc: {port: {{ .grpc }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  grpc: {port: {{ .grpc }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /q/health/ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
